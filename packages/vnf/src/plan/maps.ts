import { holdsIp, type Layout, layoutOf } from '../layout/layout.ts';
import { u32 } from '../types/integers.ts';
import type { KeyShape } from '../types/type.ts';
import type { Family } from '../types/type-spec.ts';
import type { Generation, MapPlan, PlannedMapType } from './table-plan.ts';

/** An array's key: the index. */
const INDEX = layoutOf(u32);
const FAMILIES: readonly Family[] = [4, 6];
const GENERATIONS: readonly Generation[] = [0, 1];

export interface MapShape {
  readonly path: string;
  readonly inRuleSet: boolean;
  readonly type: PlannedMapType;
  readonly valueSize: number;
  readonly maxEntries: number;
}

/** One map for each family of the key and each generation. */
export function keyedMaps(shape: MapShape, key: KeyShape): readonly MapPlan[] {
  const families: readonly (Family | undefined)[] = holdsIp(key) ? FAMILIES : [undefined];
  return families.flatMap((family) => {
    const layout = layoutOf(key, family === undefined ? {} : { family });
    return generations(shape, layout, family);
  });
}

export function arrayMaps(shape: MapShape): readonly MapPlan[] {
  return generations(shape, INDEX, undefined);
}

export function overflowOf(path: string, valueSize: number): MapPlan {
  return map({ path: `${path}.overflow`, inRuleSet: false, type: 'percpu-array', valueSize, maxEntries: 1 }, INDEX);
}

function generations(shape: MapShape, key: Layout, family: Family | undefined): readonly MapPlan[] {
  if (!shape.inRuleSet) return [map(shape, key, family)];
  return GENERATIONS.map((generation) => map(shape, key, family, generation));
}

function map(
  { path, type, valueSize, maxEntries }: MapShape,
  key: Layout,
  family?: Family,
  generation?: Generation,
): MapPlan {
  const ofFamily = family === undefined ? '' : `.${family}`;
  const ofGeneration = generation === undefined ? '' : `@${generation}`;
  return Object.freeze({
    name: `${path}${ofFamily}${ofGeneration}`,
    ...(family !== undefined && { family }),
    ...(generation !== undefined && { generation }),
    type,
    key,
    valueSize,
    maxEntries,
  });
}
