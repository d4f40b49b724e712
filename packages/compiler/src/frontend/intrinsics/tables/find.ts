// One lookup in a table's map: of the key's family, and of the generation that this packet sees.
import type { MapPlan, TablePlan } from '@twinpath/vnf/plan';
import type { ValueId } from '../../../ir/types.ts';
import { valueRegion } from '../../../specialise/written-tables.ts';
import type { Lowering } from '../../lowering.ts';
import type { Outcome, Path, Site } from '../../path.ts';
import type { Value } from '../../value.ts';
import { Code } from '../code.ts';
import { encode } from '../memory/encode.ts';
import { isView, part, view } from '../view.ts';
import { hasFront, type KeyWord, keyWords, lookInFront } from './front.ts';
import { eachGeneration } from './generation.ts';
import { mapsFor, storeEncoded } from './key.ts';

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
  const pieces = encode(start, first.key, key, site);
  const words = hasFront(lowering, plan) ? keyWords(start, first, pieces) : undefined;
  return findAt(lowering, path, plan, maps, { stored: storeEncoded(start, first, pieces), words });
}

interface StoredKey {
  readonly stored: ValueId;
  /** Where the table may have a front. */
  readonly words?: readonly KeyWord[] | undefined;
}

/** The same with a key that is stored already. */
export function findAt(
  lowering: Lowering,
  path: Path,
  plan: TablePlan,
  maps: readonly MapPlan[],
  { stored: key, words }: StoredKey,
): readonly Found[] {
  const outcomes = eachGeneration(lowering, path, plan).flatMap(({ path: on, generation }) => {
    const map = mapOf(maps, generation);
    const region = valueRegion(plan, map);
    const asked = (after: Path): Outcome => {
      const code = new Code(lowering, after);
      const pointer = code.call('map_lookup_elem', [code.map(map.name), key], { kind: 'pointer', region });
      return found(after, pointer);
    };
    if (words === undefined) return [asked(on)];
    const { hit, missed } = lookInFront(new Code(lowering, on), map, words, region);
    return [found(hit.path, hit.pointer), ...lowering.joinPaths(missed).map(asked)];
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

const found = (path: Path, pointer: ValueId): Outcome => ({
  path,
  value: view('found', path.epoch, {}, { pointer }),
});
