// QUIC's first packets are encrypted with keys that everybody can derive from what they carry (RFC 9001, section 5.2), so that
// who looks in has to want to: the ClientHello is in them.
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import type { Classifier } from './classifier.ts';
import { parseClientHello } from './client-hello.ts';
import { ascii, Reader } from './reader.ts';
import { helloFinding, messageOf } from './tls.ts';

/** What differs between versions of the protocol. */
export interface Version {
  readonly salt: Buffer;
  /** Of labels. */
  readonly prefix: string;
  /** The long header's type of an Initial packet. */
  readonly initial: number;
}
export const V1: Version = {
  salt: Buffer.from('38762cf7f55934b34d179ae6a4c80cadccbb7f0a', 'hex'),
  prefix: 'quic',
  initial: 0,
};
const DRAFT_29: Version = { ...V1, salt: Buffer.from('afbfec289993d24c9e9786f19c6111e04390a899', 'hex') };
const DRAFT_23: Version = { ...V1, salt: Buffer.from('c3eef712c72ebb5a11a7d2432bb46365bef9f502', 'hex') };
/** RFC 9369. */
export const V2: Version = {
  salt: Buffer.from('0dede3def700a6db819381be6e269dcbf9bd2ed9', 'hex'),
  prefix: 'quicv2',
  initial: 1,
};

function versionOf(number: number): Version | undefined {
  if (number === 1) return V1;
  if (number === 0x6b3343cf) return V2;
  const draft = number - 0xff00_0000;
  if (draft >= 29 && draft <= 32) return DRAFT_29;
  if (draft >= 23 && draft < 29) return DRAFT_23;
  return undefined;
}

const FIXED = 0x40;
const LONG = 0x80;
const MIN_INITIAL = 1200;
const CLIENT_HELLO = 1;

export const quic: Classifier = {
  name: 'quic',
  transport: 'udp',
  classify({ client: { datagrams } }) {
    const [first] = datagrams;
    if (!first) return 'more';
    if (isGoogles(first)) return { application: 'QUIC', category: 'Web' };
    const initial = readInitial(first);
    if (!initial) return 'no';
    const keys = initialKeys(initial.version, initial.destination);
    const pieces = datagrams.flatMap((datagram) => cryptoPieces(datagram, keys));
    if (pieces.length === 0) return 'no';
    const hello = messageOf(joined(pieces), CLIENT_HELLO);
    if (hello === 'no' || hello === 'more') return hello;
    const parsed = parseClientHello(hello);
    return parsed ? helloFinding('QUIC', parsed, 'q') : 'no';
  },
};

/** Google's own versions (Q024…Q050, T050, T051): it is QUIC, and the rest is history. */
function isGoogles(datagram: Uint8Array): boolean {
  const isLong = ((datagram[0] ?? 0) & LONG) !== 0;
  return /^[QT]0[2-5][0-9]$/.test(ascii(datagram.subarray(isLong ? 1 : 9, isLong ? 5 : 13)));
}

interface Initial {
  readonly version: Version;
  readonly destination: Uint8Array;
  /** Where the protected packet number is, and where the packet ends. */
  readonly numberAt: number;
  readonly end: number;
}

/** RFC 9000, section 17.2.2. */
function readInitial(datagram: Uint8Array): Initial | undefined {
  const reader = new Reader(datagram);
  const first = reader.number(1) ?? 0;
  const version = versionOf(reader.number(4) ?? 0);
  if (!version || (first & (LONG | FIXED)) !== (LONG | FIXED) || ((first >> 4) & 3) !== version.initial)
    return undefined;
  // A client pads it (section 14.1); what is shorter is no client's first one.
  if (datagram.length < MIN_INITIAL) return undefined;
  const destination = reader.vector(1);
  const source = reader.vector(1);
  const token = reader.bytes(variable(reader));
  const length = variable(reader);
  if (!destination || !source || !token || length === undefined || length > reader.left || length < 20)
    return undefined;
  return { version, destination, numberAt: reader.at, end: reader.at + length };
}

/** A variable-length integer (RFC 9000, section 16). */
function variable(reader: Reader): number | undefined {
  const first = reader.number(1);
  if (first === undefined) return undefined;
  const more = [0, 1, 3, 7][first >> 6] ?? 0;
  const rest = more === 0 ? 0 : more === 7 ? wide(reader) : reader.number(more);
  return rest === undefined ? undefined : (first & 0x3f) * 256 ** more + rest;
}
function wide(reader: Reader): number | undefined {
  const [high, low] = [reader.number(3), reader.number(4)];
  return high === undefined || low === undefined ? undefined : high * 2 ** 32 + low;
}

export interface InitialKeys {
  readonly key: Buffer;
  readonly iv: Buffer;
  readonly headerKey: Buffer;
}

/** Of the client; `destination`: the connection ID that it made up for the server. */
export function initialKeys({ salt, prefix }: Version, destination: Uint8Array): InitialKeys {
  const client = expand(hmac(salt, destination), 'client in', 32);
  return {
    key: expand(client, `${prefix} key`, 16),
    iv: expand(client, `${prefix} iv`, 12),
    headerKey: expand(client, `${prefix} hp`, 16),
  };
}

const hmac = (key: Uint8Array, data: Uint8Array): Buffer => createHmac('sha256', key).update(data).digest();

/** HKDF-Expand-Label of TLS 1.3 (RFC 8446, section 7.1) with SHA-256, of at most one block. */
function expand(secret: Buffer, label: string, length: number): Buffer {
  const name = `tls13 ${label}`;
  const info = Buffer.concat([
    Buffer.from([length >> 8, length & 0xff, name.length]),
    Buffer.from(name),
    Buffer.from([0, 1]),
  ]);
  return hmac(secret, info).subarray(0, length);
}

interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** What the CRYPTO frames of a datagram's Initial packet carry; nothing where it is another one, or does not decrypt. */
function cryptoPieces(datagram: Uint8Array, keys: InitialKeys): readonly Piece[] {
  const initial = readInitial(datagram);
  const plain = initial && decrypt(datagram, initial, keys);
  return plain ? [...framesOf(plain)] : [];
}

function decrypt(
  datagram: Uint8Array,
  { numberAt, end }: Initial,
  { key, iv, headerKey }: InitialKeys,
): Buffer | undefined {
  // Header protection (RFC 9001, section 5.4): the sample lies where a packet number of 4 bytes would end.
  const cipher = createCipheriv('aes-128-ecb', headerKey, null);
  const mask = cipher.update(datagram.subarray(numberAt + 4, numberAt + 20));
  const header = Buffer.from(datagram.subarray(0, numberAt + 4));
  header[0] = (header[0] ?? 0) ^ ((mask[0] ?? 0) & 0x0f);
  const size = ((header[0] ?? 0) & 3) + 1;
  const nonce = Buffer.from(iv);
  for (let index = 0; index < size; index++) {
    const byte = (header[numberAt + index] ?? 0) ^ (mask[1 + index] ?? 0);
    header[numberAt + index] = byte;
    const at = nonce.length - size + index;
    nonce[at] = (nonce[at] ?? 0) ^ byte;
  }
  const tagAt = end - 16;
  if (numberAt + size > tagAt) return undefined;
  const decipher = createDecipheriv('aes-128-gcm', key, nonce);
  decipher.setAAD(header.subarray(0, numberAt + size)).setAuthTag(datagram.subarray(tagAt, end));
  const plain = decipher.update(datagram.subarray(numberAt + size, tagAt));
  try {
    decipher.final();
    return plain;
  } catch {
    return undefined;
  }
}

/** Frames that an Initial packet may have (RFC 9000, section 12.4). */
function* framesOf(plain: Uint8Array): Generator<Piece> {
  const reader = new Reader(plain);
  while (reader.left > 0) {
    const type = reader.number(1);
    if (type === 0 || type === 1) continue; // PADDING, PING
    if (type === 2 || type === 3) skipAck(reader, type === 3);
    else if (type === 6) {
      const offset = variable(reader);
      const bytes = reader.bytes(variable(reader));
      if (offset === undefined || !bytes) return;
      yield { offset, bytes };
    } else return;
  }
}

function skipAck(reader: Reader, withEcn: boolean): void {
  const largest = variable(reader);
  const delay = variable(reader);
  const ranges = variable(reader) ?? 0;
  if (largest === undefined || delay === undefined) return;
  for (let left = 1 + 2 * ranges + (withEcn ? 3 : 0); left > 0 && reader.left > 0; left--) variable(reader);
}

/** Without holes from the first byte on. Some clients cut the message into pieces and mix them. */
function joined(pieces: readonly Piece[]): Uint8Array {
  let all: Uint8Array = new Uint8Array(0);
  for (const { offset, bytes } of pieces.toSorted((a, b) => a.offset - b.offset)) {
    if (offset > all.length) break;
    const fresh = bytes.subarray(Math.min(all.length - offset, bytes.length));
    all = Buffer.concat([all, fresh]);
  }
  return all;
}
