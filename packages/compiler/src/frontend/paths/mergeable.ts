// Which values can live in the same registers.

import type { ProgramBuilder } from '../../ir/builder.ts';
import type { ValueId } from '../../ir/types.ts';
import type { NameDomain, Value } from '../value.ts';

/** `gentle`: a boolean known on one path stays known, for the `if` that tests it next. `normal`: it joins a register.
 *  `forced`: different known booleans and names of enumerations become registers too. */
export type JoinLevel = 'gentle' | 'normal' | 'forced';

export function mergeable(builder: ProgramBuilder, a: Value, b: Value, level: JoinLevel): boolean {
  if (a === b) return true;
  const same = (x: Value, y: Value) => mergeable(builder, x, y, level);
  const alike = (x: ValueId, y: ValueId) => sameType(builder, x, y);
  if (isWhole(a) && isWhole(b)) return true;
  if (a.kind === 'constant' || b.kind === 'constant') return mergeableConstant(a, b, level);
  switch (a.kind) {
    case 'undefined':
    case 'counters':
    case 'portGroup':
      return a.kind === b.kind;
    case 'boolean':
    case 'opaque':
      return a.kind === b.kind;
    case 'object':
      return b.kind === 'object' && a.value === b.value;
    case 'bytes':
      return b.kind === 'bytes' && a.type === b.type && sameWidths(a, b);
    case 'name':
      return b.kind === 'name' && sameDomain(a.domain, b.domain);
    case 'record':
      return b.kind === 'record' && sameFields(a.fields, b.fields, same);
    case 'view':
      return (
        b.kind === 'view' &&
        a.type === b.type &&
        a.epoch === b.epoch &&
        sameFields(entries(a.fixed), entries(b.fixed), Object.is) &&
        sameFields(entries(a.parts), entries(b.parts), alike)
      );
    case 'entry':
      return (
        b.kind === 'entry' &&
        a.table === b.table &&
        a.layout === b.layout &&
        a.writable === b.writable &&
        a.isStale === b.isStale &&
        a.family === b.family &&
        a.prefix.join() === b.prefix.join() &&
        alike(a.pointer, b.pointer) &&
        sameFields(a.extra ?? new Map(), b.extra ?? new Map(), same)
      );
    case 'lock':
      return b.kind === 'lock' && alike(a.pointer, b.pointer);
    case 'table':
    case 'ruleSet':
    case 'reason':
      return a.kind === b.kind && 'plan' in b && a.plan === b.plan;
    case 'counter':
    case 'intrinsic':
      return a.kind === b.kind && 'name' in b && a.name === b.name;
    case 'function':
      return b.kind === 'function' && a.declaration === b.declaration;
    case 'verdict':
      return (
        b.kind === 'verdict' &&
        a.verdict === b.verdict &&
        a.operands.length === b.operands.length &&
        a.operands.every((operand, index) => same(operand, b.operands[index] ?? operand))
      );
    case 'integer':
      return false;
  }
}

/** An exact integer, known or not. */
const isWhole = (value: Value) =>
  value.kind === 'integer' || (value.kind === 'constant' && Number.isSafeInteger(value.value));

function mergeableConstant(a: Value, b: Value, level: JoinLevel): boolean {
  if (a.kind !== 'constant') return b.kind === 'constant' && mergeableConstant(b, a, level);
  if (b.kind === 'constant') {
    if (typeof a.value === 'boolean' && typeof b.value === 'boolean') return a.value === b.value || level === 'forced';
    return typeof a.value === 'bigint' && typeof b.value === 'bigint' ? true : Object.is(a.value, b.value);
  }
  if (b.kind === 'boolean') return typeof a.value === 'boolean' && level !== 'gentle';
  if (b.kind === 'opaque') return typeof a.value === 'bigint';
  return b.kind === 'name' && level === 'forced' && numberOfName(b.domain, a.value) !== undefined;
}

/** The register's value for a name of a domain whose names are listed. */
export function numberOfName(domain: NameDomain, name: unknown): bigint | undefined {
  if (!('names' in domain) || typeof name !== 'string') return undefined;
  const index = domain.names.indexOf(name);
  return index < 0 ? undefined : BigInt(index);
}

export function sameDomain(a: NameDomain, b: NameDomain): boolean {
  if (a.kind !== b.kind) return false;
  return !('names' in a) || ('names' in b && a.names.join('\n') === b.names.join('\n'));
}

type Bytes = Extract<Value, { kind: 'bytes' }>;

const sameWidths = (a: Bytes, b: Bytes) =>
  a.words.length === b.words.length && a.words.every(({ width }, index) => width === b.words[index]?.width);

function sameType(builder: ProgramBuilder, a: ValueId, b: ValueId): boolean {
  const left = builder.typeOf(a);
  const right = builder.typeOf(b);
  if (left.kind === 'integer') return right.kind === 'integer';
  return right.kind === 'pointer' && left.region === right.region;
}

const entries = <T>(object: Readonly<Record<string, T>>): ReadonlyMap<string, T> => new Map(Object.entries(object));

function sameFields<T>(a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>, same: (x: T, y: T) => boolean): boolean {
  if (a.size !== b.size) return false;
  for (const [name, value] of a) {
    const other = b.get(name);
    if (other === undefined || !same(value, other)) return false;
  }
  return true;
}
