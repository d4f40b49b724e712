import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A kernel of Debian's, as its own package system names it. */
export interface Kernel {
  readonly name: string;
  /** As Node says it. */
  readonly architecture: string;
  readonly suite: string;
  /** Depends on the newest package of the series, so that no version is written down that archives forget. */
  readonly package: string;
}

/** @throws RangeError for a name that is not in the list */
export function chosenKernels(names: readonly string[]): readonly Kernel[] {
  const all: readonly Kernel[] = JSON.parse(readFileSync(join(import.meta.dirname, 'kernels.json'), 'utf8'));
  if (names.length === 0) return all;
  return names.map((name) => {
    const found = all.find((one) => one.name === name);
    if (found === undefined)
      throw new RangeError(`there is no kernel ${name}; there are ${all.map((one) => one.name).join(', ')}`);
    return found;
  });
}
