import { chmodSync, existsSync, mkdirSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { PIN_ROOT, pinDirectory } from './paths.ts';

export const LINKS = 'links';
export const MAPS = 'maps';
/** Program arrays. */
export const PATHS = 'paths';

/** Names of the chains that have pins. */
export function pinnedChains(): string[] {
  return existsSync(PIN_ROOT) ? readdirSync(PIN_ROOT) : [];
}

/** Paths of a chain's pinned links. */
export function pinnedLinks(chain: string): string[] {
  const directory = join(pinDirectory(chain), LINKS);
  return existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : [];
}

/** Nobody but root and this process's user opens pins: who can open a map can write it. */
export function makePinDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const one of [PIN_ROOT, directory]) chmodSync(one, 0o700);
}

/** Removes a directory of pins with all that is in it; the paths of the pins. */
export function removePins(directory: string): string[] {
  if (!existsSync(directory)) return [];
  const removed: string[] = [];
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) removed.push(...removePins(path));
    else {
      unlinkSync(path);
      removed.push(path);
    }
  }
  rmdirSync(directory);
  return removed;
}

/** Removes the directory of all pins when the last chain's is gone. */
export function removeEmptyRoot(): void {
  if (existsSync(PIN_ROOT) && readdirSync(PIN_ROOT).length === 0) rmdirSync(PIN_ROOT);
}
