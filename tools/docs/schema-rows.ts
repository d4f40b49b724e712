// A JSON Schema as rows of a table: one for each member, however deep it lies.

type Schema = Readonly<Record<string, unknown>>;

export interface SchemaRow {
  /** `rules[].when.days[]`; `*`: any name. */
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  /** JSON; empty: none. */
  readonly byDefault: string;
}

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export function schemaRows(schema: Schema, path = ''): readonly SchemaRow[] {
  return membersOf(schema).flatMap(([name, member, required]) => {
    const inner = path === '' ? name : `${path}.${name}`;
    const byDefault = 'default' in member ? JSON.stringify(member.default) : '';
    return [{ path: inner, type: typeOf(member), required, byDefault }, ...inside(member, inner)];
  });
}

/** Of alternatives, the members of each. */
function inside(schema: Schema, path: string): readonly SchemaRow[] {
  if (isSchema(schema.items)) return inside(schema.items, `${path}[]`);
  const alternatives = [...list(schema.anyOf), ...list(schema.oneOf)].filter(isSchema);
  const rows = [...schemaRows(schema, path), ...alternatives.flatMap((one) => inside(one, path))];
  return [...new Map(rows.map((row) => [`${row.path} ${row.type}`, row])).values()];
}

function membersOf({
  properties,
  required,
  additionalProperties,
}: Schema): readonly (readonly [string, Schema, boolean])[] {
  const needed = new Set(list(required));
  const named = isSchema(properties) ? Object.entries(properties) : [];
  const any = isSchema(additionalProperties) && Object.keys(additionalProperties).length > 0;
  return [...named, ...(any ? [['*', additionalProperties] as const] : [])].flatMap(([name, member]) =>
    isSchema(member) ? [[name, member, needed.has(name)] as const] : [],
  );
}

/** In a few words. */
function typeOf(schema: Schema): string {
  const { type, enum: choices, const: only, pattern, format, items, $ref: reference } = schema;
  if (typeof reference === 'string') return reference.replace(/^.*\//, '');
  if (only !== undefined) return `\`${JSON.stringify(only)}\``;
  if (Array.isArray(choices)) return choices.map((choice) => `\`${JSON.stringify(choice)}\``).join(', ');
  const alternatives = [...list(schema.anyOf), ...list(schema.oneOf)].filter(isSchema);
  if (alternatives.length > 0) return [...new Set(alternatives.map(typeOf))].join(' or ');
  if (type === 'array')
    return `list of ${isSchema(items) ? typeOf(items) : 'anything'}${limits(schema, 'Items', ' entries')}`;
  if (type === 'object') return 'object';
  if (type === 'string') {
    const what = typeof format === 'string' ? format : typeof pattern === 'string' ? `text as \`${pattern}\`` : 'text';
    return `${what}${limits(schema, 'Length', ' characters')}`;
  }
  if (type === 'integer' || type === 'number') return `${type}${limits(schema, 'imum', '')}`;
  return typeof type === 'string' ? type : 'several forms';
}

function limits(schema: Schema, word: string, unit: string): string {
  const [least, most] = [schema[`min${word}`], schema[`max${word}`]].map((limit) =>
    typeof limit === 'number' && Math.abs(limit) < Number.MAX_SAFE_INTEGER ? limit : undefined,
  );
  if (least === undefined && most === undefined) return '';
  if (least === undefined) return `, at most ${most}${unit}`;
  if (most === undefined) return `, at least ${least}${unit}`;
  return `, ${least} – ${most}${unit}`;
}

/** In a cell of a table. */
export const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
