import type { liveFace } from '../faces.ts';
import type { LiveArray } from '../live/tables.ts';
import { tableVerb } from '../spec/fast-path-only.ts';
import { SPEC } from '../spec/spec-key.ts';
import type { ArraySpec } from '../spec/specs.ts';
import type { u32 } from '../types/integers.ts';
import type { Shape } from '../types/type.ts';
import { keptOf, type TableLife } from './life.ts';
import type { Ref } from './table.ts';

/** By index, 0 to `max` − 1; every slot exists from the start and is zero. */
export interface ArrayTable<V extends Shape> {
  /** `undefined`: index out of range. */
  at(index: u32): Ref<V> | undefined;
  readonly [SPEC]: ArraySpec;
  readonly [liveFace]?: LiveArray<V>;
}

export function array<const V extends Shape>(
  given: { value: V } & Pick<TableLife<V>, 'max' | 'perCpu' | 'durable' | 'layoutVersion' | 'migrate'>,
): ArrayTable<V> {
  const { value, max, perCpu = false } = given;
  const spec: ArraySpec = Object.freeze({ kind: 'array', value, max, perCpu, ...keptOf(given) });
  return Object.freeze({ at: tableVerb(spec, 'at'), [SPEC]: spec });
}
