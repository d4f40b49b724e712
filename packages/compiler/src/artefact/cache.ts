// Syntax of functions that were imported before, so that the parser need not be loaded: $XDG_CACHE_HOME/twinpath, one artefact for
// each source file. An entry counts while all files are as they were, and the front end that read them is the same.

import { createHash } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { FunctionCode, ImportedVnf } from '../frontend/modules/function-code.ts';
import { checked, codeOf, isFresh, writeArtefact } from './artefact.ts';

/** The oldest go when there are more. */
const MOST_ENTRIES = 256;

/** `undefined`: not there, out of date, or damaged, which is warned of. */
export function readCache(source: string): FunctionCode | undefined {
  const file = entryOf(source);
  const text = textIn(file);
  if (text === undefined) return undefined;
  try {
    const code = codeOf(checked(JSON.parse(text)), dirname(source));
    return code.file === source && isFresh(code) ? code : undefined;
  } catch (error) {
    // A file of the function is gone: whoever reads the source says so.
    if (!(error instanceof Error) || !('syscall' in error)) warn(`${file} is damaged and was not used`, error);
    return undefined;
  }
}

/** Whoever reads at the same time sees the old entry or the new one. What fails is warned of: without a cache all works too. */
export function writeCache(imported: ImportedVnf): void {
  const file = entryOf(imported.file);
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(draft, JSON.stringify(writeArtefact(imported, { folder: dirname(imported.file) })));
    renameSync(draft, file);
    prune(dirname(file));
  } catch (error) {
    warn(`${file} cannot be written`, error);
  }
}

function entryOf(source: string): string {
  const name = createHash('sha256').update(frontEnd()).update(source).digest('hex');
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'twinpath', `${name}.json`);
}

let known: string | undefined;

/** What the front end reads and how, told by its own files. */
function frontEnd(): string {
  if (known !== undefined) return known;
  const hash = createHash('sha256');
  for (const part of ['../frontend/parse', '../frontend/syntax', '.']) {
    const folder = join(import.meta.dirname, part);
    const files = readdirSync(folder).filter((name) => /(?<!\.test)\.[jt]s$/.test(name) && !name.endsWith('.d.ts'));
    for (const name of files.sort()) hash.update(name).update(readFileSync(join(folder, name)));
  }
  known = hash.digest('hex');
  return known;
}

/** Only what this user wrote: under sudo the cache may be another user's, who must not choose what root loads. */
function textIn(file: string): string | undefined {
  try {
    const fd = openSync(file, 'r');
    try {
      return fstatSync(fd).uid === process.getuid?.() ? readFileSync(fd, 'utf8') : undefined;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) warn(`${file} cannot be read`, error);
    return undefined;
  }
}

function prune(folder: string): void {
  const files = readdirSync(folder).map((name) => join(folder, name));
  if (files.length <= MOST_ENTRIES) return;
  const ages = files.map((file) => ({ file, time: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 }));
  const oldest = ages.toSorted((a, b) => a.time - b.time).slice(0, files.length - MOST_ENTRIES);
  for (const { file } of oldest) rmSync(file, { force: true });
}

function warn(what: string, error: unknown): void {
  const why = error instanceof Error ? error.message : String(error);
  process.emitWarning(`the cache entry ${what}: ${why}`, { code: 'TP_CACHE' });
}
