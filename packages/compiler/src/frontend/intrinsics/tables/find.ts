// One lookup in a table's map: of the key's family, and of the generation that this packet sees.
import type { MapPlan, TablePlan } from '@twinpath/vnf/plan';
import type { ValueId } from '../../../ir/types.ts';
import type { Lowering } from '../../lowering.ts';
import type { Path, Site } from '../../path.ts';
import type { Value } from '../../value.ts';
import { Code } from '../code.ts';
import { isView, part, view } from '../view.ts';
import { eachGeneration } from './generation.ts';
import { mapsFor, storeKey } from './key.ts';

export interface Found {
  readonly code: Code;
  /** The value's address, or null. */
  readonly pointer: ValueId;
  /** The key on the stack, until the next one is stored there. */
  readonly key: ValueId;
}

export function findIn(lowering: Lowering, path: Path, plan: TablePlan, key: Value, site: Site): readonly Found[] {
  const start = new Code(lowering, path);
  const maps = mapsFor(start, plan, key, site);
  const [first] = maps;
  if (first === undefined) throw new Error(`table ${plan.path} has no map`);
  return findAt(lowering, path, plan, maps, storeKey(start, first, key, site));
}

/** The same with a key that is stored already. */
export function findAt(
  lowering: Lowering,
  path: Path,
  plan: TablePlan,
  maps: readonly MapPlan[],
  key: ValueId,
): readonly Found[] {
  const outcomes = eachGeneration(lowering, path, plan).map(({ path: on, generation }) => {
    const code = new Code(lowering, on);
    const pointer = lookupIn(code, plan, mapOf(maps, generation), key);
    return { path: on, value: view('found', on.epoch, {}, { pointer }) };
  });
  return lowering.join(outcomes).map(({ path: on, value }) => {
    if (!isView(value, 'found')) throw new Error('a join keeps a view a view');
    return { code: new Code(lowering, on), pointer: part(value, 'pointer'), key };
  });
}

export function mapOf(maps: readonly MapPlan[], generation: 0 | 1 | undefined): MapPlan {
  const map = maps.find((candidate) => candidate.generation === generation);
  if (map === undefined) throw new Error(`there is no map of generation ${generation}`);
  return map;
}

/** Values of both generations are one region: a pointer may be into either. */
function lookupIn(code: Code, plan: TablePlan, map: MapPlan, key: ValueId): ValueId {
  const family = map.family === undefined ? '' : `.${map.family}`;
  return code.call('map_lookup_elem', [code.map(map.name), key], {
    kind: 'pointer',
    region: `value ${plan.path}${family}`,
  });
}
