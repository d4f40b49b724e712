// Comparisons of exact integers; each side of the branch knows more about its operands.

import type { Relation, ValueId } from '../../ir/types.ts';
import { configured, isConfigured } from '../configured.ts';
import type { Evaluation } from '../core/evaluation.ts';
import type { Path, Sides } from '../path.ts';
import { withRange } from '../paths/edit.ts';
import type { Span } from '../syntax/expression.ts';
import type { Range, Value } from '../value.ts';
import { intersection, maximum, minimum } from './range.ts';

export type NumberRelation = '<' | '<=' | '>' | '>=' | '===' | '!==';

export interface Compared {
  readonly value: Value;
  readonly range: Range;
}

const OPPOSITE = { '<': '>=', '<=': '>', '>': '<=', '>=': '<', '===': '!==', '!==': '===' } as const;
const SIGNED = { '<': 'slt', '<=': 'sle', '>': 'sgt', '>=': 'sge', '===': 'eq', '!==': 'ne' } as const;
const UNSIGNED = { '<': 'ult', '<=': 'ule', '>': 'ugt', '>=': 'uge', '===': 'eq', '!==': 'ne' } as const;

/** Known now, or a branch. */
export function compareNumbers(
  e: Evaluation,
  path: Path,
  node: Span,
  relation: NumberRelation,
  left: Compared,
  right: Compared,
): Sides {
  const holds = narrowed(relation, left.range, right.range);
  const fails = narrowed(OPPOSITE[relation], left.range, right.range);
  if (holds === undefined) return { then: undefined, otherwise: path };
  if (fails === undefined) return { then: path, otherwise: undefined };
  const sides = e.split(path, comparison(e, path, node, relation, left, right));
  return { then: refine(sides.then, left, right, holds), otherwise: refine(sides.otherwise, left, right, fails) };
}

/** The register that is 1 where the relation holds. */
export function comparison(
  e: Evaluation,
  path: Path,
  node: Span,
  relation: NumberRelation,
  left: Compared,
  right: Compared,
): ValueId {
  const site = e.at(node);
  // Without sign where there is none: the verifier learns more from it.
  const of: Readonly<Record<NumberRelation, Relation>> =
    left.range.low >= 0n && right.range.low >= 0n ? UNSIGNED : SIGNED;
  const register = ({ value, range }: Compared): ValueId =>
    isConfigured(value) && (relation === '===' || relation === '!==')
      ? configured(e, path, value, range.low)
      : e.register(path, value, site);
  return e.builder.compare(path.block, of[relation], register(left), register(right));
}

/** `undefined`: it depends. */
export function knownComparison(relation: NumberRelation, a: Range, b: Range): boolean | undefined {
  if (narrowed(relation, a, b) === undefined) return false;
  return narrowed(OPPOSITE[relation], a, b) === undefined ? true : undefined;
}

/** What is left of both ranges where the relation holds. `undefined`: it never does. */
export function narrowed(relation: NumberRelation, a: Range, b: Range): readonly [Range, Range] | undefined {
  switch (relation) {
    case '<':
      return below(a, b, 1n);
    case '<=':
      return below(a, b, 0n);
    case '>':
      return swapped(below(b, a, 1n));
    case '>=':
      return swapped(below(b, a, 0n));
    case '===': {
      const both = intersection(a, b);
      return both === undefined ? undefined : [both, both];
    }
    case '!==': {
      const [left, right] = [except(a, b), except(b, a)];
      return left === undefined || right === undefined ? undefined : [left, right];
    }
  }
}

/** `a + gap <= b`. */
function below(a: Range, b: Range, gap: bigint): readonly [Range, Range] | undefined {
  const left = { low: a.low, high: minimum(a.high, b.high - gap) };
  const right = { low: maximum(b.low, a.low + gap), high: b.high };
  return left.low <= left.high && right.low <= right.high ? [left, right] : undefined;
}

const swapped = (pair: readonly [Range, Range] | undefined): readonly [Range, Range] | undefined =>
  pair === undefined ? undefined : [pair[1], pair[0]];

/** `a` without the one value that `b` is, where that is an end of it. `undefined`: nothing is left. */
function except(a: Range, b: Range): Range | undefined {
  if (b.low !== b.high) return a;
  const low = a.low === b.low ? a.low + 1n : a.low;
  const high = a.high === b.low ? a.high - 1n : a.high;
  return low <= high ? { low, high } : undefined;
}

function refine(path: Path, left: Compared, right: Compared, [a, b]: readonly [Range, Range]): Path {
  const one = left.value.kind === 'integer' ? withRange(path, left.value.id, a) : path;
  return right.value.kind === 'integer' ? withRange(one, right.value.id, b) : one;
}
