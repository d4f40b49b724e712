import type { z } from 'zod';
import type { Scope } from '../schemas/names.ts';

export type Method = 'get' | 'put' | 'patch' | 'post' | 'delete';

/** What a request or an answer carries. */
export interface Body<S extends z.ZodType = z.ZodType> {
  /** `json`; of requests that may be YAML as well, `document`; RFC 7396: `merge-patch`. */
  readonly kind: 'json' | 'document' | 'merge-patch';
  readonly schema: S;
}

/** What is sent for as long as somebody listens, or is no JSON. */
export interface Stream {
  readonly kind: 'stream';
  readonly mediaType: string;
  /** Of one event. */
  readonly schema?: z.ZodType;
}

/** One thing that can be asked of a daemon. REST, the client and the OpenAPI document follow from it. */
export interface Operation {
  readonly id: string;
  readonly method: Method;
  /** With `{names}` of parameters. */
  readonly path: `/v1/${string}`;
  readonly scope: Scope;
  readonly summary: string;
  /** In the order of lists. */
  readonly group: string;
  /** Of the path. */
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: Body;
  readonly response: Body | Stream;
  /** Of what was found there is an ETag, which If-None-Match and If-Match take. */
  readonly etag?: boolean;
  /** Problems that it can answer with, besides those of every operation. */
  readonly problems: readonly number[];
}

/** Keeps the types of the schemas. */
export const operation = <const O extends Operation>(given: O): O => Object.freeze(given);

export const json = <S extends z.ZodType>(schema: S): Body<S> => ({ kind: 'json', schema });
