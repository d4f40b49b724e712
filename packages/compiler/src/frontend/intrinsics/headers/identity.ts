// Headers of authors as parts of views: a view's fixed part holds a number, which stands for the header.
import { type HeaderSpec, SPEC } from '@twinpath/vnf/spec';
import type { Value } from '../../value.ts';

/** Numbers mean the same in every compilation of a process: they are identities, not state. */
const specs: HeaderSpec[] = [];

export function numberOfHeader(spec: HeaderSpec): number {
  const known = specs.indexOf(spec);
  return known >= 0 ? known : specs.push(spec) - 1;
}

export function headerOf(number: unknown): HeaderSpec {
  const spec = typeof number === 'number' ? specs[number] : undefined;
  if (spec === undefined) throw new Error(`there is no header ${String(number)}`);
  return spec;
}

/** What `header()` was given; `undefined`: another value. */
export function headerSpec(value: Value | undefined): HeaderSpec | undefined {
  if (value?.kind !== 'object' || !(SPEC in value.value)) return undefined;
  const spec = value.value[SPEC];
  return isHeaderSpec(spec) ? spec : undefined;
}

const isHeaderSpec = (spec: unknown): spec is HeaderSpec =>
  typeof spec === 'object' && spec !== null && 'kind' in spec && spec.kind === 'header';
