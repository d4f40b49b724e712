// How SNMP version 3 proves and hides messages: HMAC (RFC 3414, RFC 7860) and AES-128 in CFB mode (RFC 3826).
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';

/** Bytes that are left of each HMAC. */
const DIGEST_BYTES = { md5: 12, sha1: 12, sha224: 16, sha256: 24, sha384: 32, sha512: 48 } as const;
export type AuthProtocol = keyof typeof DIGEST_BYTES;

const PASSWORD_BYTES = 1 << 20;
const AES_KEY_BYTES = 16;

/** An agent's clock: how often it has begun, and seconds since. */
export interface EngineTime {
  readonly boots: number;
  readonly time: number;
}

/** Of passwords: a megabyte of each is hashed. */
const keys = new Map<string, Buffer>();

/** RFC 3414, section 2.6: what a password is at one agent. */
export function localKey(protocol: AuthProtocol, password: string, engine: Uint8Array): Buffer {
  const name = `${protocol} ${password}`;
  const key = keys.get(name) ?? keyOf(protocol, password);
  keys.set(name, key);
  return createHash(protocol).update(key).update(engine).update(key).digest();
}

function keyOf(protocol: AuthProtocol, password: string): Buffer {
  return createHash(protocol)
    .update(Buffer.alloc(PASSWORD_BYTES, password, 'utf8'))
    .digest();
}

export const digestBytes = (protocol: AuthProtocol): number => DIGEST_BYTES[protocol];

/** `message` with zeros in the place of the digest. */
export function digest(protocol: AuthProtocol, key: Uint8Array, message: Uint8Array): Buffer {
  return createHmac(protocol, key).update(message).digest().subarray(0, DIGEST_BYTES[protocol]);
}

export interface Hidden {
  /** What the other side needs besides the key: 8 bytes. */
  readonly salt: Uint8Array;
  readonly contents: Uint8Array;
}

export function hide(key: Uint8Array, at: EngineTime, contents: Uint8Array): Hidden {
  const salt = randomBytes(8);
  const cipher = createCipheriv('aes-128-cfb', key.subarray(0, AES_KEY_BYTES), vector(at, salt));
  return { salt, contents: Buffer.concat([cipher.update(contents), cipher.final()]) };
}

export function reveal(key: Uint8Array, at: EngineTime, { salt, contents }: Hidden): Uint8Array {
  const decipher = createDecipheriv('aes-128-cfb', key.subarray(0, AES_KEY_BYTES), vector(at, salt));
  return Buffer.concat([decipher.update(contents), decipher.final()]);
}

function vector({ boots, time }: EngineTime, salt: Uint8Array): Buffer {
  const clock = Buffer.alloc(8);
  clock.writeUInt32BE(boots, 0);
  clock.writeUInt32BE(time, 4);
  return Buffer.concat([clock, salt]);
}
