import { ProgramBuilder } from '../../ir/builder.ts';
import type { AluOperation, ValueId } from '../../ir/types.ts';
import type { Sketch } from '../sketch.ts';

const OPERATIONS: readonly AluOperation[] = ['add', 'sub', 'mul', 'and', 'or', 'xor'];

/** A function of a few numbers, which goes one of two ways and may ask a helper; called once or twice. */
export function call(sketch: Sketch): void {
  const { builder, random, hook } = sketch;
  const count = random.integer(0, 5);
  const own = new ProgramBuilder(
    `own ${builder.size}`,
    hook,
    Array.from({ length: count }, () => ({ kind: 'integer' })),
  );
  const { entry } = own;
  const values: ValueId[] = [...own.parameters, own.constant(entry, random.constant())];
  const compute = (block: number, from: readonly ValueId[]) => {
    const made = [...from];
    for (let left = random.integer(1, 6); left > 0; left--) {
      made.push(own.alu(block, random.pick(OPERATIONS), random.pick(made), random.pick(made)));
    }
    return made;
  };
  if (random.chance(0.4)) values.push(own.call(entry, 'get_smp_processor_id', []));
  const common = compute(entry, values);
  const [then, otherwise] = [own.block(), own.block()];
  const condition = own.compare(entry, random.pick(['ult', 'eq', 'sgt']), random.pick(common), random.pick(common));
  own.terminate(entry, { op: 'branch', condition, then, otherwise });
  for (const block of [then, otherwise]) {
    own.terminate(block, { op: 'return', value: random.pick(compute(block, common).slice(-4)) });
  }
  const index = builder.subprogram(own.finish());
  for (let left = random.integer(1, 2); left > 0; left--) {
    const given = own.parameters.map(() => sketch.integer());
    sketch.define(builder.callSubprogram(sketch.block, index, given));
  }
}
