import type { liveFace } from '../faces.ts';
import type { LiveTable } from '../live/tables.ts';
import { tableVerb } from '../spec/fast-path-only.ts';
import { SPEC } from '../spec/spec-key.ts';
import type { LpmSpec } from '../spec/specs.ts';
import type { Fast, KeyShape, Shape } from '../types/type.ts';
import { keptOf, type TableLife } from './life.ts';
import type { Ref } from './table.ts';

/** Longest prefix match (`BPF_MAP_TYPE_LPM_TRIE`, Linux 4.11). Written by Node only. */
export interface Lpm<K extends KeyShape, V extends Shape> {
  lookup(key: Fast<K>): Ref<V> | undefined;
  readonly [SPEC]: LpmSpec;
  readonly [liveFace]?: LiveTable<K, V>;
}

export function lpm<const K extends KeyShape, const V extends Shape>(
  given: { key: K; value: V } & Pick<TableLife<V>, 'max' | 'durable' | 'layoutVersion' | 'migrate'>,
): Lpm<K, V> {
  const { key, value, max } = given;
  const spec: LpmSpec = Object.freeze({ kind: 'lpm', key, value, max, ...keptOf(given) });
  return Object.freeze({ lookup: tableVerb(spec, 'lookup'), [SPEC]: spec });
}
