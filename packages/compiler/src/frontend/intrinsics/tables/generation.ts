// Tables of a rule set exist twice; every packet sees one generation, read when the first of them is asked.
import type { TablePlan } from '@twinpath/vnf/plan';
import { generationIndex } from '../../../abi/generations.ts';
import { STATE } from '../../../abi/state.ts';
import type { Lowering } from '../../lowering.ts';
import type { Path } from '../../path.ts';
import { Code, n } from '../code.ts';
import { once } from '../memo.ts';

const BOOLEAN = { low: 0n, high: 1n };

/** The paths on which the rule set's generation is 0, and 1. One of both for a table that belongs to none. */
export function eachGeneration(
  lowering: Lowering,
  path: Path,
  plan: TablePlan,
): readonly { readonly path: Path; readonly generation: 0 | 1 | undefined }[] {
  const index = generationIndex(lowering.plan, plan);
  if (index === undefined) return [{ path, generation: undefined }];
  return once(path, `generation ${index}`, () => {
    const code = new Code(lowering, path);
    const all = code.load(code.mapValue(STATE.map, STATE.generations), 0, 32);
    const bit = code.alu('and', code.alu('shr', all, n(index)), n(1));
    return [{ path, value: lowering.integer(bit, BOOLEAN) }];
  }).flatMap(({ path: on, value }) => {
    if (value.kind !== 'integer') throw new Error('a generation is a number');
    const sides = new Code(lowering, on).when('eq', value.id, n(0));
    return [
      { path: sides.then.path, generation: 0 as const },
      { path: sides.otherwise.path, generation: 1 as const },
    ];
  });
}
