// The files that a target is made of, and when they change.
import { type FSWatcher, statSync, watch } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { sourceFiles } from '@twinpath/compiler';
import { ownFunctions, readTargets } from '../chain-file/read-target.ts';

/** The files that are known before the function can be read are enough: only they can be what keeps it from being read. */
export async function filesOf(path: string, { config }: { readonly config?: string }): Promise<readonly string[]> {
  const given = [path, ...(config === undefined ? [] : [config])].filter((name) => /[./]/.test(name));
  const functions = functionsOf(path, config);
  const sources = await Promise.all(functions.map((file) => sourceFiles(file)));
  return [...new Set([...given.map((name) => resolve(name)), ...sources.flat()])];
}

function functionsOf(path: string, config: string | undefined): readonly string[] {
  try {
    const targets = readTargets(path, config === undefined ? {} : { config });
    return targets.flatMap(ownFunctions).map(({ use }) => use);
  } catch {
    // The check itself says what is wrong.
    return [];
  }
}

type Times = ReadonlyMap<string, string | undefined>;
export const times = (files: readonly string[]): Times => new Map(files.map((file) => [file, versionOf(file)]));

/** Inode and size with it: times are those of the kernel's tick, and a file that is emptied and written has one for both. */
function versionOf(file: string): string | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found && [found.mtimeNs, found.ino, found.size].join();
}

/** Resolves when one of them has changed, or at the end. Folders are watched, not files: editors put a new file in the place of the old one. */
export async function change(files: readonly string[], before: Times, end?: AbortSignal): Promise<void> {
  const folders = new Set(files.map((file) => dirname(file)));
  const watchers: FSWatcher[] = [];
  try {
    await new Promise<void>((done, failed) => {
      const look = () => {
        const now = times(files);
        if (files.some((file) => now.get(file) !== before.get(file))) done();
      };
      for (const folder of folders) watchers.push(watch(folder, look).on('error', failed));
      end?.addEventListener('abort', () => done(), { once: true });
      look();
    });
  } finally {
    for (const watcher of watchers) watcher.close();
  }
}
