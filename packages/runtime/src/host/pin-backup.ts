import { existsSync, linkSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { removePins } from './pins.ts';

export const isBackup = (name: string): boolean => name.endsWith('~');
const backupOf = (directory: string): string => `${directory}~`;

/**
 * A directory of pins as it is, while a change works on it: a second name for each of them, so that what is replaced meanwhile
 * stays to be found. Disposing forgets it.
 */
export class PinBackup implements Disposable {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    const draft = `${backupOf(directory)}~`;
    for (const one of [draft, backupOf(directory)]) removePins(one);
    link(directory, draft);
    // In one step: half a backup must not be taken for a whole one.
    renameSync(draft, backupOf(directory));
  }

  /** The directory becomes what it was. */
  restore(): void {
    restorePins(this.#directory);
  }

  [Symbol.dispose](): void {
    removePins(backupOf(this.#directory));
  }
}

/** Takes back what a change did to the directory that was not finished; its process may have been killed. */
export function restorePins(directory: string): void {
  if (!existsSync(backupOf(directory))) return;
  removePins(directory);
  renameSync(backupOf(directory), directory);
}

function link(from: string, to: string): void {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  if (!existsSync(from)) return;
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) link(source, target);
    else linkSync(source, target);
  }
}
