import type { Classifier, Finding } from './classifier.ts';
import { type ClientHello, ja4, parseClientHello } from './client-hello.ts';
import { Reader } from './reader.ts';

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;
const MAX_RECORD = 16_384 + 256;

export const tls: Classifier = {
  name: 'tls',
  transport: 'tcp',
  classify({ client, server }) {
    // In a connection that was seen from its middle on, who counts as the client may be the server.
    const streams = [client.stream, server.stream].filter(({ length }) => length > 0);
    const hellos = streams.map((stream) => handshakeOf(stream, CLIENT_HELLO));
    const hello = hellos.find((one) => one instanceof Uint8Array);
    if (hello) {
      const parsed = parseClientHello(hello);
      return parsed ? helloFinding('TLS', parsed, 't') : 'no';
    }
    const answers = streams.map((stream) => handshakeOf(stream, SERVER_HELLO));
    if (hellos.includes('more') || streams.length === 0) return 'more';
    // Only one direction comes by here.
    if (answers.some((one) => one instanceof Uint8Array)) return { application: 'TLS', category: 'Web' };
    return answers.includes('more') ? 'more' : 'no';
  },
};

export function helloFinding(application: string, hello: ClientHello, transport: 't' | 'q'): Finding {
  const { server } = hello;
  return { application, category: 'Web', fingerprint: ja4(hello, transport), ...(server !== undefined && { server }) };
}

/** The body of the first handshake message, whatever number of records it is cut into (RFC 8446, section 5.1). */
function handshakeOf(stream: Uint8Array, type: number): Uint8Array | 'more' | 'no' {
  const reader = new Reader(stream);
  let message: Uint8Array = new Uint8Array(0);
  for (;;) {
    const body = messageOf(message, type);
    if (body !== 'more') return body;
    if (reader.left < 5) return isStartOfRecord(stream.subarray(reader.at)) ? 'more' : 'no';
    const start = reader.at;
    if (!isStartOfRecord(stream.subarray(start))) return 'no';
    reader.bytes(3);
    const length = reader.number(2) ?? 0;
    if (length === 0 || length > MAX_RECORD) return 'no';
    // What there is of the last record may be enough to see that it is none.
    message = Buffer.concat([message, reader.bytes(Math.min(length, reader.left)) ?? new Uint8Array(0)]);
  }
}

function isStartOfRecord(bytes: Uint8Array): boolean {
  const [type = HANDSHAKE, major = 3, minor = 0] = bytes;
  return type === HANDSHAKE && major === 3 && minor <= 4;
}

/** Behind type and length (3 bytes) of a handshake message. */
export function messageOf(bytes: Uint8Array, type: number): Uint8Array | 'more' | 'no' {
  if (bytes.length === 0) return 'more';
  if (bytes[0] !== type) return 'no';
  const reader = new Reader(bytes, 1);
  return reader.vector(3) ?? 'more';
}
