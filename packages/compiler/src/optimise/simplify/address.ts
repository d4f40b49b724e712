import type { ValueId } from '../../ir/types.ts';
import type { Better, Context, Op } from './context.ts';

const FARTHEST = 0x7fff;

/** Constants go outwards, so that one pointer with one bounds check serves all of them. */
export function betterOffset({ base, by }: Op<'offset'>, context: Context): Better<'offset'> {
  const constant = context.constant(by);
  if (constant === 0n) return base;
  const inner = context.definition(base);
  const innerConstant = inner?.op === 'offset' ? context.constant(inner.by) : undefined;
  if (inner?.op === 'offset' && innerConstant !== undefined) {
    if (constant !== undefined) return offset(inner.base, context.makeConstant(innerConstant + constant));
    if (!context.usedOnce(base) && innerConstant < 0n) return undefined;
    return offset(context.make(offset(inner.base, by)), inner.by);
  }
  const sum = context.definition(by);
  if (sum?.op !== 'alu' || sum.operation !== 'add') return undefined;
  const added = context.constant(sum.right);
  // The verifier wants the variable part alone to be bounded, and never negative.
  if (added === undefined || added < 0n || added > FARTHEST || context.range(sum.left).lo < 0n) return undefined;
  return offset(context.make(offset(base, sum.left)), sum.right);
}

const offset = (base: ValueId, by: ValueId) => ({ op: 'offset', base, by }) as const;

/** The pointer under a constant offset, and the whole distance from it, if an instruction can hold that. */
export function folded(
  pointer: ValueId,
  distance: number,
  context: Context,
): { readonly pointer: ValueId; readonly distance: number } {
  const definition = context.definition(pointer);
  const by = definition?.op === 'offset' ? context.constant(definition.by) : undefined;
  if (definition?.op !== 'offset' || by === undefined) return { pointer, distance };
  const sum = by + BigInt(distance);
  if (sum < -0x8000n || sum > 0x7fffn) return { pointer, distance };
  return folded(definition.base, Number(sum), context);
}
