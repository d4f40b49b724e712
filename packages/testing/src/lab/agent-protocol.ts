// What the lab and its helper process inside a namespace say to each other.

export interface FetchRequest {
  readonly kind: 'fetch';
  readonly url: string;
  readonly source: string | undefined;
  readonly sourcePort: number | undefined;
  readonly timeout: number;
}
export interface SendRequest {
  readonly kind: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  readonly data: Uint8Array;
  readonly source: string | undefined;
  readonly sourcePort: number | undefined;
  readonly timeout: number;
}
export interface ServeHttpRequest {
  readonly kind: 'serve http';
  readonly port: number;
  readonly file: string;
}
export interface ServeEchoRequest {
  readonly kind: 'serve echo';
  readonly tcp: number | undefined;
  readonly udp: number | undefined;
}
export type AgentRequest = FetchRequest | SendRequest | ServeHttpRequest | ServeEchoRequest;

/** `error`: the errno's name, or `timeout`. */
export interface Failed {
  readonly ok: false;
  readonly error: string;
}
/** What came back over HTTP. */
export type Fetched = { readonly ok: true; readonly status: number; readonly body: Buffer } | Failed;
/** What an echo server, or whoever listens there, answered. */
export type Answer = { readonly ok: true; readonly data: Buffer } | Failed;

export type AgentReply = { readonly ok: true; readonly status?: number; readonly bytes?: Uint8Array } | Failed;

export interface Numbered<T> {
  readonly number: number;
  readonly message: T;
}
