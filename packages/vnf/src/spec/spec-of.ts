import { SPEC } from './spec-key.ts';
import type { FunctionSpec } from './specs.ts';

/** The spec that a declared table, rule set, counter list, reason, port group or header carries. */
export function specOf<S>(declared: { readonly [SPEC]: S }): S {
  return declared[SPEC];
}

/** Tells whether a value, for instance the default export of a file, was made by `vnf()`. */
export function isFunctionSpec(value: unknown): value is FunctionSpec {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'vnf';
}
