// Joins paths that differ only in registers, so that what follows is compiled once.

import type { ProgramBuilder } from '../../ir/builder.ts';
import { hull } from '../numbers/range.ts';
import type { Outcome, Path } from '../path.ts';
import type { Range, Value } from '../value.ts';
import { UNDEFINED } from '../value.ts';
import { Merge } from './merge.ts';
import { type JoinLevel, mergeable } from './mergeable.ts';

export interface Joiner {
  readonly builder: ProgramBuilder;
  rangeOf(path: Path, value: Value): Range | undefined;
}

export function joinOutcomes(joiner: Joiner, outcomes: readonly Outcome[], level: JoinLevel): readonly Outcome[] {
  const groups: Outcome[][] = [];
  for (const outcome of outcomes) {
    const group = groups.find((members) => members.every((member) => canJoin(joiner.builder, member, outcome, level)));
    if (group === undefined) groups.push([outcome]);
    else group.push(outcome);
  }
  return groups.map((group) => joinGroup(joiner, group));
}

export function joinPaths(joiner: Joiner, paths: readonly Path[], level: JoinLevel): readonly Path[] {
  const outcomes = paths.map((path) => ({ path, value: UNDEFINED }));
  return joinOutcomes(joiner, outcomes, level).map(({ path }) => path);
}

/** Keys of the variables that keep two paths apart. */
export function differences(builder: ProgramBuilder, a: Path, b: Path, level: JoinLevel): readonly string[] {
  const keys = new Set([...a.scope.keys(), ...b.scope.keys()]);
  return [...keys].filter((key) => {
    const left = a.scope.get(key);
    const right = b.scope.get(key);
    return left === undefined || right === undefined || !mergeable(builder, left, right, level);
  });
}

function canJoin(builder: ProgramBuilder, a: Outcome, b: Outcome, level: JoinLevel): boolean {
  if (a.path.epoch !== b.path.epoch || a.path.scope.size !== b.path.scope.size) return false;
  if (!mergeable(builder, a.value, b.value, level)) return false;
  for (const [key, value] of a.path.scope) {
    const other = b.path.scope.get(key);
    if (other === undefined || !mergeable(builder, value, other, level)) return false;
  }
  return true;
}

function joinGroup(joiner: Joiner, group: readonly Outcome[]): Outcome {
  const [first] = group;
  if (first === undefined) throw new Error('a join of no paths');
  if (group.length === 1) return first;
  const { builder } = joiner;
  const block = builder.block();
  const merge = new Merge(builder, block, joiner.rangeOf);
  const value = merge.values(group);
  const paths = group.map(({ path }) => path);
  const scope = new Map<string, Value>();
  for (const [key, variable] of first.path.scope) {
    scope.set(key, merge.values(paths.map((path) => ({ path, value: path.scope.get(key) ?? variable }))));
  }
  const joined: Path = {
    block,
    scope,
    ranges: commonRanges(paths),
    known: commonlyKnown(joiner, merge, paths),
    epoch: first.path.epoch,
  };
  for (const path of paths) builder.terminate(path.block, { op: 'jump', target: block });
  return { path: joined, value };
}

/** What all paths know of registers made before they parted. */
function commonRanges(paths: readonly Path[]): Path['ranges'] {
  const [first, ...others] = paths;
  const ranges = new Map<number, Range>();
  for (const [id, range] of first?.ranges ?? []) {
    const known = others.map((path) => path.ranges.get(id));
    if (!known.every((other) => other !== undefined)) continue;
    ranges.set(id, known.reduce(hull, range));
  }
  return ranges;
}

/** Results that all paths have; what cannot live in the same registers is worked out again where it is needed. */
function commonlyKnown({ builder }: Joiner, merge: Merge, paths: readonly Path[]): Path['known'] {
  const [first, ...others] = paths;
  const known = new Map<string, Value>();
  for (const [key, value] of first?.known ?? []) {
    const rest = others.map((path) => path.known.get(key));
    if (!rest.every((other) => other !== undefined && mergeable(builder, value, other, 'gentle'))) continue;
    known.set(key, merge.values(paths.map((path) => ({ path, value: path.known.get(key) ?? value }))));
  }
  return known;
}
