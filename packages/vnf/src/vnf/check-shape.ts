import { VnfSpecError } from '../spec/vnf-spec-error.ts';
import { isType, type KeyShape, type Shape } from '../types/type.ts';
import type { TypeKind, TypeSpec } from '../types/type-spec.ts';

/** What a shape is for; each use takes some kinds of fields. */
export type Use = 'key' | 'lpm key' | 'value' | 'labels' | 'metadata' | 'match' | 'rule value';

const PLAIN: readonly TypeKind[] = [
  'integer',
  'u64',
  'count64',
  'instant',
  'bool',
  'ip4',
  'ip6',
  'ip',
  'mac',
  'portName',
  'protocol',
  'text',
  'enum',
];
const TAKES: Readonly<Record<Use, ReadonlySet<TypeKind>>> = {
  key: new Set(PLAIN),
  'lpm key': new Set([...PLAIN, 'prefix']),
  value: new Set([...PLAIN, 'traffic', 'guard']),
  labels: new Set(PLAIN),
  metadata: new Set(PLAIN),
  match: new Set([...PLAIN, 'prefix', 'portRange']),
  'rule value': new Set(PLAIN),
};
/** Where what is refused would be right. */
const BELONGS: Partial<Record<TypeKind, string>> = {
  prefix: 'put it last into the key of an lpm(), or into the `match` of a classifier()',
  portRange: 'put it into the `match` of a classifier()',
  bits: 'put it into a header(); in a table use u8, u16 or u32',
  bytesAfter: 'put it into a header(); in a table use u16',
  traffic: 'put it into the value of a table() or an array(), or count with a tally()',
  guard: 'put it into the value of a table() or an array()',
};

/** @throws VnfSpecError naming the field */
export function checkShape(shape: KeyShape, use: Use, where: string): void {
  if (isType(shape)) {
    checkType(shape, use, where);
    return;
  }
  for (const [name, part] of Object.entries(shape)) {
    const at = `${where}, field ${name}`;
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new VnfSpecError(at, 'it is no name of a field', 'use letters, digits and _, a letter first');
    }
    if (!isType(part) && use === 'match')
      throw new VnfSpecError(at, 'rules do not nest', 'spread its fields into `match`');
    checkShape(part, use, at);
  }
}

function checkType(type: TypeSpec, use: Use, where: string): void {
  if (!TAKES[use].has(type.kind)) {
    throw new VnfSpecError(where, `${type.kind} has no place in ${use}`, BELONGS[type.kind] ?? 'use another type');
  }
  if (type.kind === 'text' && (!Number.isInteger(type.size) || type.size < 1 || type.size > 255)) {
    throw new VnfSpecError(
      where,
      `text(${type.size}) is not of 1 to 255 bytes`,
      'say how many bytes the longest text takes',
    );
  }
  if (type.kind === 'enum') checkNames(type.names, where);
}

function checkNames(names: readonly string[], where: string): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new VnfSpecError(where, `oneOf() names '${twice}' twice`, 'leave one of them out');
  if (names.length === 0 || names.length > 256) {
    throw new VnfSpecError(where, `oneOf() has ${names.length} names`, 'give 1 to 256: it is kept in one byte');
  }
}

/** @throws VnfSpecError for a shape without fields. */
export function checkNotEmpty(shape: KeyShape, where: string): void {
  if (!isType(shape) && Object.keys(shape).length === 0)
    throw new VnfSpecError(where, 'it has no fields', 'name at least one');
}

/** Fields of a kind, with their paths. */
export function fieldsOfKind(
  shape: KeyShape,
  kind: TypeKind,
  path: readonly string[] = [],
): readonly (readonly string[])[] {
  if (isType(shape)) return shape.kind === kind ? [path] : [];
  return Object.entries(shape).flatMap(([name, part]) => fieldsOfKind(part, kind, [...path, name]));
}

/** The kernel finds a lock by the type of the value's own members only. @throws VnfSpecError */
export function checkGuard(value: Shape, refused: string | undefined, where: string): void {
  const guards = fieldsOfKind(value, 'guard');
  const [first] = guards;
  if (first === undefined) return;
  const at = `${where}, field ${first.join('.')}`;
  if (refused !== undefined) throw new VnfSpecError(at, `no lock is possible ${refused}`, 'leave `guard` out');
  if (guards.length > 1) throw new VnfSpecError(at, 'the kernel takes one lock in an entry', 'share one `guard`');
  if (first.length > 1)
    throw new VnfSpecError(at, 'the kernel finds no lock in a nested field', 'put `guard` beside it');
}
