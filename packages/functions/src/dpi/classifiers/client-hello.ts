// ClientHello of TLS (RFC 8446, section 4.1.2), and the fingerprint JA4 of it (FoxIO's JA4.md, BSD 3-clause).
import { createHash } from 'node:crypto';
import { ascii, Reader } from './reader.ts';

export interface ClientHello {
  /** The highest that is offered, such as 0x0304. */
  readonly version: number;
  readonly ciphers: readonly number[];
  readonly extensions: readonly number[];
  readonly signatures: readonly number[];
  readonly server: string | undefined;
  readonly alpn: readonly string[];
}

const SERVER_NAME = 0;
const SIGNATURES = 13;
const ALPN = 16;
const VERSIONS = 43;

/** The body of the message, behind its type and length. `undefined`: it is none. */
export function parseClientHello(body: Uint8Array): ClientHello | undefined {
  const reader = new Reader(body);
  const legacy = reader.number(2);
  const random = reader.bytes(32);
  const session = reader.vector(1);
  const ciphers = reader.vector(2);
  const compression = reader.vector(1);
  if (legacy === undefined || !random || !session || !ciphers || !compression) return undefined;
  const extensions = extensionsOf(reader.vector(2) ?? new Uint8Array(0));
  const versions = numbers(new Reader(extensions.get(VERSIONS) ?? new Uint8Array(0)).vector(1));
  return {
    version:
      Math.max(legacy, ...versions.filter(isNoGrease)) === legacy ? legacy : Math.max(...versions.filter(isNoGrease)),
    ciphers: numbers(ciphers),
    extensions: [...extensions.keys()],
    signatures: numbers(vectorOf(extensions.get(SIGNATURES))),
    server: serverName(extensions.get(SERVER_NAME)),
    alpn: [...names(vectorOf(extensions.get(ALPN)))],
  };
}

function extensionsOf(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  const reader = new Reader(bytes);
  while (reader.left > 0) {
    const type = reader.number(2);
    const body = reader.vector(2);
    if (type === undefined || !body) break;
    found.set(type, body);
  }
  return found;
}

const vectorOf = (bytes: Uint8Array | undefined) => bytes && new Reader(bytes).vector(2);

function numbers(bytes: Uint8Array | undefined): number[] {
  const reader = new Reader(bytes ?? new Uint8Array(0));
  return Array.from({ length: reader.left >> 1 }, () => reader.number(2) ?? 0);
}

function* names(bytes: Uint8Array | undefined): Generator<string> {
  const reader = new Reader(bytes ?? new Uint8Array(0));
  while (reader.left > 0) {
    const name = reader.vector(1);
    if (name) yield ascii(name);
  }
}

/** RFC 6066, section 3: the first name of type 0. */
function serverName(extension: Uint8Array | undefined): string | undefined {
  const list = vectorOf(extension);
  if (!list) return undefined;
  const reader = new Reader(list);
  const type = reader.number(1);
  const name = reader.vector(2);
  return type === 0 && name && name.length > 0 ? ascii(name).toLowerCase() : undefined;
}

/** RFC 8701: values that only keep servers from being picky. */
const isNoGrease = (value: number) => (value & 0x0f0f) !== 0x0a0a || value >> 8 !== (value & 0xff);

const VERSION_NAMES: Readonly<Record<number, string>> = {
  772: '13',
  771: '12',
  770: '11',
  769: '10',
  768: 's3',
};

/** `transport`: `t` TCP, `q` QUIC. */
export function ja4(hello: ClientHello, transport: 't' | 'q'): string {
  const ciphers = hello.ciphers.filter(isNoGrease).map(hex);
  const extensions = hello.extensions.filter(isNoGrease);
  const hashed = extensions
    .filter((type) => type !== SERVER_NAME && type !== ALPN)
    .map(hex)
    .toSorted();
  const signatures = hello.signatures.filter(isNoGrease).map(hex);
  const named = hello.extensions.includes(SERVER_NAME) ? 'd' : 'i';
  const start = `${transport}${VERSION_NAMES[hello.version] ?? '00'}${named}${two(ciphers)}${two(extensions)}${ends(hello.alpn[0])}`;
  const rest = signatures.length === 0 ? hashed.join() : `${hashed.join()}_${signatures.join()}`;
  return `${start}_${digest(ciphers.toSorted().join())}_${hashed.length === 0 ? digest('') : digest(rest)}`;
}

const hex = (value: number) => value.toString(16).padStart(4, '0');
const two = (list: readonly unknown[]) => String(Math.min(list.length, 99)).padStart(2, '0');
const digest = (text: string) =>
  text === '' ? '000000000000' : createHash('sha256').update(text).digest('hex').slice(0, 12);

/** First and last character; of those that are no letters or digits, those of their hexadecimal form. */
function ends(alpn: string | undefined): string {
  if (alpn === undefined || alpn === '') return '00';
  const text = /^[a-z0-9].*[a-z0-9]$|^[a-z0-9]$/i.test(alpn) ? alpn : Buffer.from(alpn, 'latin1').toString('hex');
  return `${text.at(0)}${text.at(-1)}`;
}
