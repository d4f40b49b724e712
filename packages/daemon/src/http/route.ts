// What answers an operation, with the types of its schemas.
import type { Body, Operation, Path } from '@twinpath/api';
import type { z } from 'zod';
import type { Caller } from '../access/caller.ts';
import type { Conditions } from '../control/etag.ts';

type Part<O, K extends string> = K extends keyof O ? O[K] : undefined;
type OutputOf<S> = S extends z.ZodType ? z.output<S> : undefined;
type SchemaOf<B> = B extends Body<infer S> ? S : undefined;

export interface Asked<O> extends Conditions {
  readonly params: OutputOf<Part<O, 'params'>>;
  readonly query: OutputOf<Part<O, 'query'>>;
  readonly body: OutputOf<SchemaOf<Part<O, 'body'>>>;
  readonly caller: Caller;
  /** Ends when nobody listens any more. */
  readonly signal: AbortSignal;
  readonly lastEventId: number | undefined;
  /** Says where the body lies in the document, for faults that are told by their place there. */
  liesAt(root: Path): void;
}

export type Reply<O> =
  Part<O, 'response'> extends Body<infer S>
    ? { readonly data: z.input<S>; readonly etag?: string | undefined; readonly revision?: number }
    : { readonly stream: ReadableStream<Uint8Array> | string };

/** Of whatever operation. */
export interface AnyAsked extends Omit<Asked<object>, 'params' | 'query' | 'body'> {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}
export type AnyReply =
  | { readonly data: unknown; readonly etag?: string | undefined; readonly revision?: number }
  | { readonly stream: ReadableStream<Uint8Array> | string };

export interface Route {
  readonly operation: Operation;
  answer(asked: AnyAsked): Promise<AnyReply>;
}

/** @throws RefusedError from the handler: what is refused. */
export function route<const O extends Operation>(
  operation: O,
  handler: (asked: Asked<O>) => Reply<O> | Promise<Reply<O>>,
): Route;
export function route(operation: Operation, handler: (asked: never) => AnyReply | Promise<AnyReply>): Route {
  // The one place where a request becomes what its operation's schemas say: they have parsed it (http/app.ts).
  return { operation, answer: async (asked) => handler(asked as never) };
}
