// Bodies of requests: bounded in size and depth, JSON or YAML.
import { TextDecoder } from 'node:util';
import type { Body, Path } from '@twinpath/api';
import { RefusedError } from '../control/refusal.ts';
import { readYaml } from './yaml.ts';

export interface ReadBody {
  readonly value: unknown;
  lineOf?(path: Path): { readonly line: number; readonly column: number } | undefined;
}

/** What nobody writes who means well: recursion ends there. */
const DEEPEST = 64;

const TYPES = {
  json: ['application/json'],
  document: ['application/json', 'application/yaml', 'application/x-yaml', 'text/yaml'],
  'merge-patch': ['application/merge-patch+json', 'application/json'],
} as const satisfies Record<Body['kind'], readonly string[]>;

/** @throws RefusedError (400, 413, 415, 422) */
export async function readBody(request: Request, { kind }: Pick<Body, 'kind'>, mostBytes: number): Promise<ReadBody> {
  const type = (request.headers.get('content-type') ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
  const taken: readonly string[] = TYPES[kind];
  if (!taken.includes(type)) {
    const hint = `send ${taken.join(' or ')}`;
    throw new RefusedError({
      status: 415,
      code: 'TP_MEDIA_TYPE',
      detail: `no body of type ${type.slice(0, 100)} is taken`,
      hint,
    });
  }
  const text = await readText(request, mostBytes);
  const read = type.includes('yaml') ? readYaml(text) : { value: readJson(text) };
  if (isDeeper(read.value, DEEPEST)) throw malformed(`the body is nested deeper than ${DEEPEST} levels`);
  return read;
}

export const malformed = (detail: string, hint?: string) =>
  new RefusedError({ status: 400, code: 'TP_MALFORMED', detail, hint });

async function readText(request: Request, mostBytes: number): Promise<string> {
  const tooLarge = () =>
    new RefusedError({
      status: 413,
      code: 'TP_TOO_LARGE',
      detail: `the body is larger than ${mostBytes} bytes`,
      hint: 'limits.bodyBytes of the daemon says how large it may be',
    });
  if (Number(request.headers.get('content-length') ?? 0) > mostBytes) throw tooLarge();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let bytes = 0;
  if (request.body === null) return text;
  for await (const chunk of request.body) {
    bytes += chunk.byteLength;
    if (bytes > mostBytes) throw tooLarge();
    text += decoded(decoder, chunk, true);
  }
  return text + decoded(decoder, new Uint8Array(), false);
}

function decoded(decoder: TextDecoder, chunk: Uint8Array, stream: boolean): string {
  try {
    return decoder.decode(chunk, { stream });
  } catch {
    throw malformed('the body is no UTF-8');
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw malformed(`the body is no JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/** Without recursion, which is what it protects from. */
function isDeeper(value: unknown, levels: number): boolean {
  const waiting: { readonly value: unknown; readonly level: number }[] = [{ value, level: 0 }];
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (typeof one.value !== 'object' || one.value === null) continue;
    if (one.level >= levels) return true;
    for (const inner of Object.values(one.value)) waiting.push({ value: inner, level: one.level + 1 });
  }
  return false;
}
