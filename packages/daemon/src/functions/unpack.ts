// What was uploaded, as files that Node and the compiler read. They lie under a name that says what is in them: Node reads a file once.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { z } from 'zod';
import { unprocessable } from '../control/refusal.ts';
import type { Uploaded } from './uploaded.ts';

/** Of an artefact (docs/reference/artefact.md): the files that it was built from, by their paths from its own folder. */
const artefact = z.object({ modules: z.array(z.object({ file: z.string(), text: z.string() })).min(1) });

/** Returns the file that a chain uses. @throws RefusedError for an artefact that is none; SystemError */
export function unpack(folder: string, name: string, { kind, content, hash }: Uploaded): string {
  // The same text may be sent as either kind.
  const own = join(folder, `${name}-${kind}-${hash.slice(0, 16)}`);
  const file = join(own, `${name}.vnf.${kind === 'source' ? 'ts' : 'json'}`);
  if (existsSync(own)) return file;
  const draft = `${own}.draft`;
  rmSync(draft, { recursive: true, force: true });
  const files = [
    { file: `${name}.vnf.${kind === 'source' ? 'ts' : 'json'}`, text: content },
    ...(kind === 'artefact' ? sourcesOf(content) : []),
  ];
  for (const one of files) {
    const path = join(draft, one.file);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, one.text, { mode: 0o600, flush: true });
  }
  renameSync(draft, own);
  return file;
}

function sourcesOf(content: string): readonly { readonly file: string; readonly text: string }[] {
  const parsed = artefact.safeParse(jsonOf(content));
  const refuse = (why: string, hint: string) => unprocessable('TP_FUNCTION', why, [], hint);
  if (!parsed.success)
    throw refuse('this is no artefact of a function', 'twinpath build FILE -o NAME.vnf.json writes one');
  for (const { file } of parsed.data.modules) {
    if (file === normalize(file) && /^[\w-][\w./-]*\.[mc]?[jt]s$/.test(file)) continue;
    throw refuse(
      `the artefact was built from ${file.slice(0, 200)}, which is not below its folder`,
      'build it beside its source',
    );
  }
  return parsed.data.modules;
}

function jsonOf(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
