import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { z } from 'zod';
import { type OperationName, operations } from '../operations/index.ts';
import type { Body, Operation, Stream } from '../operations/operation.ts';
import { type Event, event } from '../schemas/events.ts';
import { problem } from '../schemas/problem.ts';
import { eventData } from './event-data.ts';
import { ProblemError, UnreachableError } from './problem-error.ts';
import { openTransport, type Target, type Transport } from './transport.ts';

type Operations = typeof operations;
type Member<K extends string, S> = S extends z.ZodType
  ? object extends z.input<S>
    ? { readonly [N in K]?: z.input<S> }
    : { readonly [N in K]: z.input<S> }
  : object;
type Part<O, K extends string> = K extends keyof O ? O[K] : undefined;
type BodyOf<O> =
  Part<O, 'body'> extends Body<infer S>
    ? Part<O, 'body'> extends { readonly kind: 'document' }
      ? { readonly body: z.input<S> } | { readonly yaml: string }
      : { readonly body: z.input<S> }
    : object;

interface Conditions {
  /** Only if it is still what this ETag is of. */
  readonly ifMatch?: string;
  /** `*`: only if there is nothing yet. */
  readonly ifNoneMatch?: string;
  readonly signal?: AbortSignal;
}

/** Parameters, query and body of an operation, as its schemas take them. */
export type InputOf<O extends Operation> = Member<'params', Part<O, 'params'>> &
  Member<'query', Part<O, 'query'>> &
  BodyOf<O> &
  Conditions;

/** Operations that answer with JSON; those that send a stream. */
type JsonName = { [N in OperationName]: Operations[N]['response'] extends Body ? N : never }[OperationName];
type StreamName = { [N in OperationName]: Operations[N]['response'] extends Stream ? N : never }[OperationName];

export interface Answer<T> {
  readonly data: T;
  readonly etag?: string;
}
type DataOf<N extends JsonName> = Operations[N]['response'] extends Body<infer S> ? z.output<S> : never;
type Given<O extends Operation> = object extends InputOf<O> ? readonly [InputOf<O>?] : readonly [InputOf<O>];

interface AnyInput extends Conditions {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly yaml?: string;
}

const MEDIA_TYPE = {
  json: 'application/json',
  document: 'application/json',
  'merge-patch': 'application/merge-patch+json',
};

/**
 * Asks a daemon, on this machine or on another.
 *
 * @example
 * using client = new Client({ socket: DEFAULT_SOCKET });
 * const { data, etag } = await client.call('getChain', { params: { chain: 'edge' } });
 */
export class Client implements Disposable {
  readonly #transport: Transport;

  constructor(target: Target) {
    this.#transport = openTransport(target);
  }

  /** @throws ProblemError for what is refused, UnreachableError */
  async call<N extends JsonName>(name: N, ...given: Given<Operations[N]>): Promise<Answer<DataOf<N>>>;
  async call(name: OperationName, input: AnyInput = {}): Promise<Answer<unknown>> {
    const { response }: Operation = operations[name];
    const answer = await this.#send(name, input);
    const data: unknown = JSON.parse(await text(answer));
    const { etag } = answer.headers;
    return { data: 'schema' in response ? response.schema?.parse(data) : data, ...(etag !== undefined && { etag }) };
  }

  /** The bytes of an answer as they come. @throws ProblemError, UnreachableError */
  async stream<N extends StreamName>(name: N, ...given: Given<Operations[N]>): Promise<IncomingMessage>;
  async stream(name: OperationName, input: AnyInput = {}): Promise<IncomingMessage> {
    return this.#send(name, input);
  }

  /** What happens, from now on, or from behind the event with the number `after`; ends with the daemon, or with `signal`. */
  async *events(input: InputOf<Operations['events']> & { readonly after?: number } = {}): AsyncGenerator<Event> {
    const { after, ...rest } = input;
    const headers = after === undefined ? {} : { 'last-event-id': String(after) };
    for await (const data of eventData(await this.#send('events', rest, headers))) yield event.parse(JSON.parse(data));
  }

  [Symbol.dispose](): void {
    this.#transport[Symbol.dispose]();
  }

  async #send(name: OperationName, input: AnyInput, more: Record<string, string> = {}): Promise<IncomingMessage> {
    const { method, path, body }: Operation = operations[name];
    const { ifMatch, ifNoneMatch, signal, yaml } = input;
    const sent = yaml ?? (body === undefined ? undefined : (JSON.stringify(input.body) ?? 'null'));
    const mediaType = yaml === undefined ? body && MEDIA_TYPE[body.kind] : 'application/yaml';
    const outgoing = {
      method: method.toUpperCase(),
      path: pathOf(path, input),
      headers: {
        ...(sent !== undefined && { 'content-length': String(Buffer.byteLength(sent)) }),
        ...(mediaType !== undefined && { 'content-type': mediaType }),
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
        ...(ifNoneMatch !== undefined && { 'if-none-match': ifNoneMatch }),
        ...more,
      },
      ...(sent !== undefined && { body: sent }),
      signal,
    };
    const answer = await this.#transport.send(outgoing).catch((error: unknown) => {
      if (signal?.aborted === true) throw signal.reason;
      throw new UnreachableError(this.#transport.name, error);
    });
    if ((answer.statusCode ?? 500) < 400) return answer;
    throw await refusal(answer, this.#transport.name);
  }
}

async function refusal(answer: IncomingMessage, where: string): Promise<Error> {
  const said = await text(answer);
  const parsed = problem.safeParse(jsonOf(said));
  if (parsed.success) return new ProblemError(parsed.data);
  return new UnreachableError(where, new Error(`it answers ${answer.statusCode} with ${said.slice(0, 200)}`));
}

function jsonOf(said: string): unknown {
  try {
    return JSON.parse(said);
  } catch {
    return undefined;
  }
}

function pathOf(path: string, { params = {}, query = {} }: AnyInput): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])));
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
  return given.length === 0 ? filled : `${filled}?${search}`;
}
