// Syntax of functions that were imported before, so that the parser need not be loaded: one artefact for each source file. An
// entry counts while all files are as they were, and the front end that read them is the same.

import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { FunctionCode, ImportedVnf } from '../frontend/modules/function-code.ts';
import { checked, codeOf, isFresh, writeArtefact } from './artefact.ts';
import { entryNamed, hashOfModules, readEntry, warn, writeEntry } from './cache-files.ts';

/** `undefined`: not there, out of date, or damaged, which is warned of. */
export function readCache(source: string): FunctionCode | undefined {
  const file = entryOf(source);
  const text = readEntry(file)?.toString();
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

export function writeCache(imported: ImportedVnf): void {
  const folder = dirname(imported.file);
  writeEntry(entryOf(imported.file), () => JSON.stringify(writeArtefact(imported, { folder })));
}

function entryOf(source: string): string {
  return entryNamed(`${createHash('sha256').update(frontEnd()).update(source).digest('hex')}.json`);
}

let known: string | undefined;

/** What the front end reads and how, told by its own files. */
function frontEnd(): string {
  known ??= hashOfModules(
    ['../frontend/parse', '../frontend/syntax', '.'].map((part) => join(import.meta.dirname, part)),
  );
  return known;
}
