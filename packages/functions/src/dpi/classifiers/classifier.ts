// What a classifier is. Authors write their own: a module whose default export is one, named in the configuration.

/** What one end has said. */
export interface Said {
  /** TCP: without holes, from the first byte, at most 16 KiB. UDP: empty. */
  readonly stream: Uint8Array;
  /** UDP: payloads in order of arrival, at most 16. TCP: none. */
  readonly datagrams: readonly Uint8Array[];
}
/** A conversation as far as it has been seen. The client is who sent the SYN, or else the first packet that was seen. */
export interface Talk {
  readonly client: Said & { readonly port: number };
  readonly server: Said & { readonly port: number };
}
export interface Finding {
  /** Such as `TLS`. */
  readonly application: string;
  readonly category: string;
  /** What carries it, where that is something else. */
  readonly protocol?: string;
  /** The name of the server that is asked for, or the name that is asked about, lower case. */
  readonly server?: string;
  /** Such as a JA4. */
  readonly fingerprint?: string;
}

/**
 * Recognises one protocol. It is asked anew whenever more has been said, until it has an answer; it keeps nothing itself.
 *
 * @example
 * export default {
 *   name: 'redis',
 *   transport: 'tcp',
 *   classify({ client }) {
 *     if (client.stream.length < 4) return 'more';
 *     return client.stream[0] === 0x2a ? { application: 'Redis', category: 'Database' } : 'no';
 *   },
 * } satisfies Classifier;
 */
export interface Classifier {
  readonly name: string;
  readonly transport: 'tcp' | 'udp';
  /** `more`: it may be, but too little was said. `no`: it is not. What it throws is `no`. */
  classify(talk: Talk): Finding | 'more' | 'no';
}
