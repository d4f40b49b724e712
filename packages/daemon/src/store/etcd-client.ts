// etcd by its v3 JSON gateway: keys and values are base64, numbers of 64 bits are decimal texts.

import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { StoreUnreachableError } from './store.ts';

export interface EtcdOptions {
  /** `https://10.0.0.1:2379`, `http://…`, or `unix:/path` of a member's socket. */
  readonly endpoints: readonly string[];
  /** PEM, for https. */
  readonly tls?: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
  /** For an answer of one member. Default 1.5 s. */
  readonly timeoutMs?: number;
}

export interface KeyValue {
  readonly key: string;
  readonly value: Buffer;
  /** etcd's own number of the change that wrote it last. */
  readonly modRevision: bigint;
}

export type Compare =
  | { readonly key: string; readonly value: string }
  | { readonly key: string; readonly modRevision: bigint }
  | { readonly key: string; readonly exists: false };

export type Step =
  | { readonly put: string; readonly value: string | Uint8Array }
  | { readonly delete: string /** Up to this key, left out. */; readonly to?: string };

const encode = (value: string | Uint8Array): string => Buffer.from(value).toString('base64');
const decode = (value: string): Buffer => Buffer.from(value, 'base64');
const pair = z.object({ key: z.string(), value: z.string().default(''), mod_revision: z.string() });
const range = z.object({ kvs: z.array(pair).default([]), more: z.boolean().default(false) });
const txn = z.object({ succeeded: z.boolean().default(false) });
const lease = z.object({ ID: z.string() });
const alive = z.object({ result: z.object({ TTL: z.string().default('0') }) });

/** The key behind all that begin with a prefix. */
export function endOf(prefix: string): string {
  const bytes = Buffer.from(prefix);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) + 1;
  return bytes.toString();
}

const TIMEOUT_MS = 1500;
const RECONNECT_MS = 1000;
/** Keys of one answer. */
const PAGE = 500;

export class EtcdClient implements Disposable {
  readonly #options: EtcdOptions;
  readonly #agents = { http: new Agent({ keepAlive: true }), https: new TlsAgent({ keepAlive: true }) };
  readonly #ended = new AbortController();
  /** The member that answered last is asked first. */
  #first = 0;

  constructor(options: EtcdOptions) {
    this.#options = options;
  }

  async get(key: string): Promise<KeyValue | undefined> {
    const { kvs } = range.parse(await this.#ask('kv/range', { key: encode(key) }));
    return kvs.map(keyValue)[0];
  }

  /** In the order of their keys. `limit`: of the last ones, in reverse. */
  async list(
    from: string,
    to: string,
    { keysOnly = false, last }: { readonly keysOnly?: boolean; readonly last?: number } = {},
  ): Promise<readonly KeyValue[]> {
    const found: KeyValue[] = [];
    let key = from;
    for (;;) {
      const order = last === undefined ? {} : { sort_order: 'DESCEND', sort_target: 'KEY' };
      const query = {
        key: encode(key),
        range_end: encode(to),
        limit: String(last ?? PAGE),
        keys_only: keysOnly,
        ...order,
      };
      const { kvs, more } = range.parse(await this.#ask('kv/range', query));
      found.push(...kvs.map(keyValue));
      if (!more || last !== undefined) return found;
      key = `${found.at(-1)?.key}\0`;
    }
  }

  /** All steps if all comparisons hold; else none. */
  async transact(compare: readonly Compare[], steps: readonly Step[]): Promise<boolean> {
    const body = { compare: compare.map(comparison), success: steps.map(operation) };
    return txn.parse(await this.#ask('kv/txn', body)).succeeded;
  }

  async put(key: string, value: string | Uint8Array, leaseId?: string): Promise<void> {
    await this.#ask('kv/put', {
      key: encode(key),
      value: encode(value),
      ...(leaseId !== undefined && { lease: leaseId }),
    });
  }

  async grantLease(seconds: number): Promise<string> {
    return lease.parse(await this.#ask('lease/grant', { TTL: String(seconds) })).ID;
  }

  /** `false`: it has ended. */
  async keepLease(id: string): Promise<boolean> {
    const { result } = alive.parse(await this.#ask('lease/keepalive', { ID: id }));
    return Number(result.TTL) > 0;
  }

  /** Calls back for every change of a key, and whenever changes may have been missed. */
  watch(key: string, changed: () => void): Disposable {
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, this.#ended.signal]);
    void this.#watch(key, changed, signal);
    return { [Symbol.dispose]: () => ended.abort() };
  }

  [Symbol.dispose](): void {
    this.#ended.abort();
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  /** A member after the other, until somebody ends it. */
  async #watch(key: string, changed: () => void, signal: AbortSignal): Promise<void> {
    const body = JSON.stringify({ create_request: { key: encode(key) } });
    for (let member = this.#first; !signal.aborted; member++) {
      try {
        const stream = await this.#send(member, 'watch', body, signal);
        changed();
        for await (const line of createInterface({ input: stream })) if (line.includes('"events"')) changed();
      } catch {
        // Whoever asks for something meanwhile is told that nobody answers.
      }
      await delay(RECONNECT_MS, undefined, { signal }).catch(() => {});
    }
  }

  /** @throws StoreUnreachableError when no member answers. */
  async #ask(path: string, body: object): Promise<unknown> {
    const { endpoints, timeoutMs = TIMEOUT_MS } = this.#options;
    let last: unknown;
    for (let attempt = 0; attempt < endpoints.length; attempt++) {
      const member = this.#first;
      try {
        const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), this.#ended.signal]);
        const answer = await this.#send(member, path, JSON.stringify(body), signal);
        const said = await text(answer);
        if (answer.statusCode === 200) return JSON.parse(said);
        last = new Error(`${path}: ${answer.statusCode} ${said.slice(0, 300)}`);
      } catch (error) {
        last = error;
      }
      this.#first = (member + 1) % endpoints.length;
    }
    throw new StoreUnreachableError(`etcd at ${endpoints.join(', ')}`, last);
  }

  #send(member: number, path: string, body: string, signal: AbortSignal): Promise<IncomingMessage> {
    const { endpoints, tls } = this.#options;
    const endpoint = endpoints[member % endpoints.length] ?? '';
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const options: RequestOptions = { method: 'POST', headers, signal };
    const socketPath = /^unix:(.*)$/.exec(endpoint)?.[1];
    const where = `/v3/${path}`;
    return new Promise((resolve, reject) => {
      const outgoing =
        socketPath !== undefined
          ? request({ ...options, socketPath, path: where, agent: this.#agents.http })
          : endpoint.startsWith('https:')
            ? tlsRequest(new URL(where, endpoint), { ...options, ...tls, agent: this.#agents.https })
            : request(new URL(where, endpoint), { ...options, agent: this.#agents.http });
      outgoing.on('response', resolve);
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}

const keyValue = ({ key, value, mod_revision }: z.infer<typeof pair>): KeyValue => ({
  key: decode(key).toString(),
  value: decode(value),
  modRevision: BigInt(mod_revision),
});

function comparison(compare: Compare): object {
  const key = encode(compare.key);
  if ('value' in compare) return { key, target: 'VALUE', result: 'EQUAL', value: encode(compare.value) };
  if ('modRevision' in compare)
    return { key, target: 'MOD', result: 'EQUAL', mod_revision: String(compare.modRevision) };
  return { key, target: 'CREATE', result: 'EQUAL', create_revision: '0' };
}

function operation(step: Step): object {
  if ('put' in step) return { request_put: { key: encode(step.put), value: encode(step.value) } };
  return {
    request_delete_range: { key: encode(step.delete), ...(step.to !== undefined && { range_end: encode(step.to) }) },
  };
}
