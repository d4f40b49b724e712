// The ways in which statements are left, collected.

import type { Completion } from '../core/evaluation.ts';
import type { Path } from '../path.ts';

const NOTHING: Completion = { normal: [], returns: [], breaks: [], continues: [] };

export const leaving = (part: Partial<Completion>): Completion => ({ ...NOTHING, ...part });
export const going = (...normal: readonly Path[]): Completion => leaving({ normal });

export function together(completions: readonly Completion[]): Completion {
  return {
    normal: completions.flatMap(({ normal }) => normal),
    returns: completions.flatMap(({ returns }) => returns),
    breaks: completions.flatMap(({ breaks }) => breaks),
    continues: completions.flatMap(({ continues }) => continues),
  };
}

/** Changes the path of every way out. */
export function mapPaths(completion: Completion, change: (path: Path) => readonly Path[]): Completion {
  return {
    normal: completion.normal.flatMap(change),
    returns: completion.returns.flatMap(({ path, value }) => change(path).map((changed) => ({ path: changed, value }))),
    breaks: completion.breaks.flatMap(change),
    continues: completion.continues.flatMap(change),
  };
}
