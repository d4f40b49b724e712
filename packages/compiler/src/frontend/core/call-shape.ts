// What a function is compiled for: calls whose arguments have one shape can share the code.

import type { Value } from '../value.ts';

/** Equal for arguments that differ in registers only. `undefined`: a value that is not handed over. */
export function shapeOf(value: Value): string | undefined {
  switch (value.kind) {
    case 'undefined':
    case 'counters':
    case 'portGroup':
    case 'integer':
    case 'boolean':
    case 'opaque':
      return value.kind;
    case 'constant':
      return `${typeof value.value} ${String(value.value)}`;
    case 'bytes':
      return `${value.type} ${value.words.map(({ width }) => width).join(' ')}`;
    case 'name':
      return `${value.domain.kind} ${'names' in value.domain ? value.domain.names.join(' ') : ''}`;
    case 'record':
      return shapeOfFields(value.fields);
    case 'entry': {
      const extra = shapeOfFields(value.extra ?? new Map());
      const { table, layout, prefix, writable, family, isStale } = value;
      const shape = `${table.path} ${identityOf(layout)} ${prefix.join('.')} ${writable} ${family} ${isStale}`;
      return extra === undefined ? undefined : `entry ${shape} ${extra}`;
    }
    case 'table':
    case 'ruleSet':
      return `${value.kind} ${value.plan.path}`;
    case 'reason':
    case 'object':
      return `${value.kind} ${identityOf(value.kind === 'reason' ? value.plan : value.value)}`;
    case 'counter':
    case 'intrinsic':
      return `${value.kind} ${value.name}`;
    case 'function':
      return isObject(value.declaration) ? `function ${identityOf(value.declaration)}` : undefined;
    case 'view':
    case 'lock':
    case 'verdict':
      return undefined;
  }
}

function shapeOfFields(fields: ReadonlyMap<string, Value>): string | undefined {
  const shapes = [...fields].map(([name, field]) => [name, shapeOf(field)] as const);
  if (shapes.some(([, shape]) => shape === undefined)) return undefined;
  return `{${shapes.map(([name, shape]) => `${name}: ${shape}`).join()}}`;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

let counted = 0;
const identities = new WeakMap<object, number>();

function identityOf(object: object): number {
  const known = identities.get(object) ?? counted++;
  identities.set(object, known);
  return known;
}
