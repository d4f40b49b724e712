import type { FunctionSpec } from '@twinpath/vnf/spec';
import { ConfigError, type ConfigProblem, pathText } from './config-error.ts';

type Schema = NonNullable<FunctionSpec['config']>;
type Issue = NonNullable<ReturnType<Schema['safeParse']>['error']>['issues'][number];

/** The configuration as the function's schema gives it, with defaults filled in. @throws ConfigError */
export async function parseConfig(functionName: string, spec: FunctionSpec, given: unknown): Promise<unknown> {
  if (spec.config === undefined) return parseNothing(functionName, given);
  return parseInput(functionName, spec.config, given ?? {});
}

/** The same of any schema. @throws ConfigError that names `what`. */
export async function parseInput(what: string, schema: Schema, given: unknown): Promise<unknown> {
  const parsed = await schema.safeParseAsync(given);
  if (parsed.success) return parsed.data;
  throw new ConfigError(what, problemsOf(parsed.error.issues, given));
}

function parseNothing(functionName: string, given: unknown): object {
  const isEmpty =
    given === undefined || given === null || (typeof given === 'object' && Object.keys(given).length === 0);
  if (isEmpty) return {};
  const wrong = 'the function takes no configuration';
  throw new ConfigError(functionName, [{ path: [], value: given, wrong, right: 'none' }]);
}

/** What a schema found, in words. */
export function problemsOf(issues: readonly Issue[], given: unknown): readonly ConfigProblem[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? unknownMembers(issue, given) : [problemOf(issue, given)],
  );
}

function unknownMembers(issue: Extract<Issue, { code: 'unrecognized_keys' }>, config: unknown): ConfigProblem[] {
  const parent = issue.path.map(step);
  return issue.keys.map((key) => {
    const path = [...parent, key];
    const wrong = `${pathText(parent)} has no member ${shown(key)}`;
    return { path, value: valueAt(config, path), wrong, right: 'only members that the function knows' };
  });
}

const step = (key: PropertyKey): string | number => (typeof key === 'number' ? key : String(key));

function problemOf(issue: Issue, config: unknown): ConfigProblem {
  const path = issue.path.map(step);
  const value = valueAt(config, path);
  const found = value === undefined ? `${pathText(path)} is missing` : `${pathText(path)} is ${shown(value)}`;
  switch (issue.code) {
    case 'invalid_type':
      return { path, value, wrong: found, right: article(issue.expected) };
    case 'invalid_value':
      return { path, value, wrong: found, right: `one of ${issue.values.map(shown).join(', ')}` };
    case 'too_small':
      return { path, value, wrong: found, right: `at least ${issue.minimum}${of(issue.origin)}` };
    case 'too_big':
      return { path, value, wrong: found, right: `at most ${issue.maximum}${of(issue.origin)}` };
    default:
      return { path, value, ...fromMessage(issue.message, pathText(path)) };
  }
}

/** Messages of schemas for network values say both: `'x' is no address; write …`. */
function fromMessage(message: string, where: string): { readonly wrong: string; readonly right: string } {
  const at = Math.max(message.lastIndexOf('; '), message.lastIndexOf(': '));
  if (at < 0) return { wrong: `${where}: ${message}`, right: 'a value that the function takes' };
  return { wrong: `${where}: ${message.slice(0, at)}`, right: `a value that is right: ${message.slice(at + 2)}` };
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
