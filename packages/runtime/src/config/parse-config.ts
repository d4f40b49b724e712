import { type FunctionSpec, rememberLists } from '@twinpath/vnf/spec';
import { ConfigError, type ConfigProblem, pathText } from './config-error.ts';

type Schema = NonNullable<FunctionSpec['config']>;
type Issue = NonNullable<ReturnType<Schema['safeParse']>['error']>['issues'][number];

/** The configuration as the function's schema gives it, with defaults filled in. @throws ConfigError */
export async function parseConfig(functionName: string, spec: FunctionSpec, given: unknown): Promise<unknown> {
  if (spec.config === undefined) return parseNothing(functionName, given);
  rememberLists(spec.config);
  return parseInput(functionName, spec.config, given ?? {});
}

/** The same of any schema. @throws ConfigError that names `what`. */
export async function parseInput(what: string, schema: Schema, given: unknown): Promise<unknown> {
  const parsed = await parsedBy(schema, given);
  if (parsed.success) return parsed.data;
  throw new ConfigError(what, problemsOf(schema, parsed.error.issues, given));
}

/** At once where the schema can: zod compiles objects for that alone, and 10,000 rules take half the time. */
async function parsedBy(schema: Schema, given: unknown): Promise<ReturnType<Schema['safeParse']>> {
  try {
    return schema.safeParse(given);
  } catch {
    // Some step of it is asynchronous; whatever else it was is thrown again.
    return schema.safeParseAsync(given);
  }
}

function parseNothing(functionName: string, given: unknown): object {
  const isEmpty =
    given === undefined || given === null || (typeof given === 'object' && Object.keys(given).length === 0);
  if (isEmpty) return {};
  const wrong = 'the function takes no configuration';
  throw new ConfigError(functionName, [{ path: [], value: given, wrong, right: 'leave the configuration out' }]);
}

/** What a schema found, in words. */
export function problemsOf(schema: Schema, issues: readonly Issue[], given: unknown): readonly ConfigProblem[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? unknownMembers(schema, issue, given) : [problemOf(issue, given)],
  );
}

type UnknownKeys = Extract<Issue, { code: 'unrecognized_keys' }>;

function unknownMembers(schema: Schema, issue: UnknownKeys, config: unknown): ConfigProblem[] {
  const parent = issue.path.map(step);
  const known = membersAt(schema, parent);
  const right = known.length === 0 ? 'leave it out' : `its members are ${known.join(', ')}`;
  return issue.keys.map((key) => {
    const path = [...parent, key];
    const wrong = `${pathText(parent)} has no member ${shown(key)}`;
    return { path, value: valueAt(config, path), wrong, right, known };
  });
}

type Described = Pick<ReturnType<Schema['toJSONSchema']>, 'items' | 'properties'>;

/** Names of the members of the object at `path`; none where it cannot be told. */
function membersAt(schema: Schema, path: ConfigProblem['path']): readonly string[] {
  let at: Described = schema.toJSONSchema({ io: 'input', unrepresentable: 'any' });
  for (const name of path) {
    const inner = typeof name === 'number' ? at.items : at.properties?.[name];
    if (typeof inner !== 'object' || Array.isArray(inner)) return [];
    at = inner;
  }
  return Object.keys(at.properties ?? {});
}

const step = (key: PropertyKey): string | number => (typeof key === 'number' ? key : String(key));

function problemOf(issue: Issue, config: unknown): ConfigProblem {
  const path = issue.path.map(step);
  const value = valueAt(config, path);
  const found = value === undefined ? `${pathText(path)} is missing` : `${pathText(path)} is ${shown(value)}`;
  switch (issue.code) {
    case 'invalid_type':
      return { path, value, wrong: found, right: `give ${article(issue.expected)}` };
    case 'invalid_value':
      return { path, value, wrong: found, right: `use one of ${issue.values.map(shown).join(', ')}` };
    case 'too_small':
      return { path, value, wrong: found, right: `give at least ${issue.minimum}${of(issue.origin)}` };
    case 'too_big':
      return { path, value, wrong: found, right: `give at most ${issue.maximum}${of(issue.origin)}` };
    default:
      return { path, value, ...fromMessage(issue.message, pathText(path)) };
  }
}

/** Messages of schemas for network values say both: `'x' is no address; write …`. */
function fromMessage(message: string, where: string): { readonly wrong: string; readonly right: string } {
  const at = Math.max(message.lastIndexOf('; '), message.lastIndexOf(': '));
  if (at < 0) return { wrong: `${where}: ${message}`, right: 'give a value that is taken' };
  return { wrong: `${where}: ${message.slice(0, at)}`, right: message.slice(at + 2) };
}

function valueAt(config: unknown, path: readonly (string | number)[]): unknown {
  let value = config;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = new Map<string, unknown>(Object.entries(value)).get(String(step));
  }
  return value;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'bigint') return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

const article = (expected: string) => (/^[aeio]/.test(expected) ? `an ${expected}` : `a ${expected}`);

function of(origin: string): string {
  if (origin === 'array' || origin === 'set') return ' elements';
  return origin === 'string' ? ' characters' : '';
}
