import { matchesGlob } from 'node:path';

/** Whether a file, named from the root, is among those to take; without a choice all are. */
export const isWanted = (file: string, only: readonly string[]): boolean =>
  only.length === 0 || only.some((pattern) => matchesGlob(file, pattern));
