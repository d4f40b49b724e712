// Files of $XDG_CACHE_HOME/twinpath. Without them all works too: what fails is warned of.

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
import { dirname, extname, join } from 'node:path';

/** The oldest of a kind go when there are more. */
const MOST_ENTRIES = 256;

/** `name` with the extension of its kind. */
export const entryNamed = (name: string): string =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'twinpath', name);

/** Only what this user wrote: under sudo the cache may be another user's, who must not choose what root loads. */
export function readEntry(file: string): Buffer | undefined {
  try {
    const fd = openSync(file, 'r');
    try {
      return fstatSync(fd).uid === process.getuid?.() ? readFileSync(fd) : undefined;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) warn(`${file} cannot be read`, error);
    return undefined;
  }
}

/** Whoever reads at the same time sees the old entry or the new one. */
export function writeEntry(file: string, content: () => string | Uint8Array): void {
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(draft, content());
    renameSync(draft, file);
    prune(dirname(file), extname(file));
  } catch (error) {
    warn(`${file} cannot be written`, error);
  }
}

function prune(folder: string, kind: string): void {
  const files = readdirSync(folder).flatMap((name) => (extname(name) === kind ? [join(folder, name)] : []));
  if (files.length <= MOST_ENTRIES) return;
  const ages = files.map((file) => ({ file, time: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 }));
  const oldest = ages.toSorted((a, b) => a.time - b.time).slice(0, files.length - MOST_ENTRIES);
  for (const { file } of oldest) rmSync(file, { force: true });
}

/** Tells one version of the compiler from another by its own files, without those in folders below and tests. */
export function hashOfModules(folders: readonly string[]): string {
  const hash = createHash('sha256');
  for (const folder of folders) {
    const files = readdirSync(folder).filter((name) => /(?<!\.test)\.[jt]s$/.test(name) && !name.endsWith('.d.ts'));
    for (const name of files.sort()) hash.update(name).update(readFileSync(join(folder, name)));
  }
  return hash.digest('hex');
}

export function warn(what: string, error: unknown): void {
  const why = error instanceof Error ? error.message : String(error);
  process.emitWarning(`the cache entry ${what}: ${why}`, { code: 'TP_CACHE' });
}
