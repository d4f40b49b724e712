import type { liveFace } from '../faces.ts';
import type { LiveClassifier } from '../live/tables.ts';
import { tableVerb } from '../spec/fast-path-only.ts';
import { SPEC } from '../spec/spec-key.ts';
import type { ClassifierSpec } from '../spec/specs.ts';
import type { u32 } from '../types/integers.ts';
import type { FastRecord, Shape } from '../types/type.ts';
import type { Ref } from './table.ts';

/** Rules in order, first match wins; a field that a rule leaves out matches everything. Cost grows slowly with the number
 *  of rules, never rule by rule. */
export interface Classifier<K extends Shape, V extends Shape> {
  first(fields: FastRecord<K>): (Readonly<Ref<V>> & { readonly ruleNumber: u32 }) | undefined;
  readonly [SPEC]: ClassifierSpec;
  readonly [liveFace]?: LiveClassifier<K, V>;
}

export function classifier<const K extends Shape, const V extends Shape>(given: {
  match: K;
  value: V;
  max: number;
}): Classifier<K, V> {
  const { match, value, max } = given;
  const spec: ClassifierSpec = Object.freeze({ kind: 'classifier', match, value, max });
  return Object.freeze({ first: tableVerb(spec, 'first'), [SPEC]: spec });
}
