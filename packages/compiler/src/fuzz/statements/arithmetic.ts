import type { AluOperation, Relation, ValueId } from '../../ir/types.ts';
import type { Sketch } from '../sketch.ts';

const operations: readonly AluOperation[] = [
  'add',
  'sub',
  'mul',
  'div',
  'mod',
  'and',
  'or',
  'xor',
  'shl',
  'shr',
  'sar',
];
const relations: readonly Relation[] = ['eq', 'ne', 'ult', 'ule', 'ugt', 'uge', 'slt', 'sle', 'sgt', 'sge'];

export function alu(sketch: Sketch): void {
  const { builder, random } = sketch;
  const operation = random.pick(operations);
  const left = sketch.integer();
  const right = operation.startsWith('sh') || operation === 'sar' ? shiftCount(sketch) : sketch.integer();
  sketch.define(builder.alu(sketch.block, operation, left, right));
}

function shiftCount(sketch: Sketch): ValueId {
  if (sketch.random.chance(0.6)) return sketch.constant(BigInt(sketch.random.integer(0, 63)));
  return sketch.random.chance(0.7) ? sketch.masked(63) : sketch.integer();
}

export function convert(sketch: Sketch): void {
  const { builder, random, block } = sketch;
  const value = sketch.integer();
  const result = random.chance(0.5)
    ? builder.truncate(block, value, random.pick([8, 16, 32] as const))
    : builder.swap(block, value, random.pick([16, 32, 64] as const));
  sketch.define(result);
}

export function comparison(sketch: Sketch): ValueId {
  const { builder, random } = sketch;
  const [left, right] = [sketch.integer(), sketch.integer()];
  return builder.compare(sketch.block, random.pick(relations), left, right);
}

export function compare(sketch: Sketch): void {
  sketch.define(comparison(sketch));
}

/** A number that is put into the finished code. */
export function relocated(sketch: Sketch): void {
  const { builder, random, numbers, block } = sketch;
  const width = random.pick([32, 64] as const);
  const number = BigInt.asUintN(width, random.chance(0.5) ? random.constant() : random.bits());
  sketch.define(builder.relocation(block, numbers.nameOf(`${width} bits`, number), width));
}

/** A field of the hook's context that test runs set. */
export function readContext(sketch: Sketch): void {
  const { builder, random, block, hook } = sketch;
  const offset = random.pick(hook === 'xdp' ? [12, 16] : [0, 8, 16, 32, 40, 44, 48, 52, 56, 60, 64]);
  sketch.define(builder.load(block, builder.context, offset, 32));
}

/** A field of the skb that programs may set: mark, priority, tc_index, cb. */
export function writeContext(sketch: Sketch): void {
  const { builder, random, hook } = sketch;
  if (hook === 'xdp') return;
  const value = sketch.integer();
  builder.store(sketch.block, builder.context, random.pick([8, 32, 48, 52, 64]), 32, value);
}

/** A helper that clobbers r1 to r5 and whose result is the same everywhere. */
export function idleCall(sketch: Sketch): void {
  const { builder } = sketch;
  const time = builder.call(sketch.block, 'ktime_get_ns', []);
  sketch.define(builder.alu(sketch.block, 'and', time, sketch.constant(0n)));
}
