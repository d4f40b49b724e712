// Values of a configuration that its schema marks: `z.string().meta({ secret: true })`.

type JsonObject = Readonly<Record<string, unknown>>;

/** What stands in answers where a secret is; in a request: as it is. */
export const HIDDEN = '(secret)';

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const own = (value: unknown, name: string): unknown =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;

/** A copy in which `replace` has said what stands at places that the schema marks. */
export function replaceSecrets(
  value: unknown,
  schema: unknown,
  replace: (secret: unknown, path: readonly string[]) => unknown,
): unknown {
  const root = schema;
  const walk = (given: unknown, at: unknown, path: readonly string[]): unknown => {
    if (given === undefined || !isObject(at)) return given;
    if (at.secret === true) return replace(given, path);
    const target = typeof at.$ref === 'string' ? definition(root, at.$ref) : undefined;
    const choices = ['anyOf', 'oneOf', 'allOf'].flatMap((name) => (Array.isArray(at[name]) ? at[name] : []));
    const chosen = [...(target === undefined ? [] : [target]), ...choices].reduce(
      (one, choice) => walk(one, choice, path),
      given,
    );
    if (Array.isArray(chosen))
      return chosen.map((item, index) => walk(item, itemSchema(at, index), [...path, String(index)]));
    if (!isObject(chosen)) return chosen;
    const members = Object.entries(chosen).map(([name, inner]) => {
      const described = own(at.properties, name) ?? at.additionalProperties;
      return [name, walk(inner, described, [...path, name])] as const;
    });
    return Object.fromEntries(members);
  };
  return walk(value, schema, []);
}

/** Texts at places that the schema marks. */
export function secretsIn(value: unknown, schema: unknown): readonly string[] {
  const found: string[] = [];
  replaceSecrets(value, schema, (secret) => {
    if (typeof secret === 'string') found.push(secret);
    return secret;
  });
  return found;
}

function itemSchema({ prefixItems, items }: JsonObject, index: number): unknown {
  return (Array.isArray(prefixItems) ? prefixItems[index] : undefined) ?? items;
}

/** `#/$defs/rule`; `#`: the whole. */
function definition(root: unknown, reference: string): unknown {
  return reference
    .split('/')
    .slice(1)
    .reduce((at, name) => own(at, name), root);
}
