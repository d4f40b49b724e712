// A client's Initial packet of QUIC (RFC 9000, section 17.2.2; RFC 9001, section 5), as a client makes it.
import { createCipheriv } from 'node:crypto';
import { initialKeys, type Version } from '../classifiers/quic.ts';

const NUMBERS = { quic: 1, quicv2: 0x6b3343cf };
const NUMBER_LENGTH = 4;
const TAG = 16;
const SIZE = 1200;

export interface InitialOptions {
  readonly version: Version;
  readonly destination: Buffer;
  readonly packetNumber?: number;
  /** Whole frames. */
  readonly frames: Buffer;
}

/** Padded to 1200 bytes. */
export function initialPacket({ version, destination, packetNumber = 0, frames }: InitialOptions): Buffer {
  const number = NUMBERS[version.prefix === 'quicv2' ? 'quicv2' : 'quic'];
  const start = Buffer.alloc(1 + 4 + 1 + destination.length + 1 + 1 + 2);
  start[0] = 0xc0 | (version.initial << 4) | (NUMBER_LENGTH - 1);
  start.writeUInt32BE(number, 1);
  start[5] = destination.length;
  destination.copy(start, 6);
  // No source connection ID, no token; the length of what follows takes two bytes.
  const rest = SIZE - start.length;
  start.writeUInt16BE(0x4000 | rest, start.length - 2);
  const numberBytes = Buffer.alloc(NUMBER_LENGTH);
  numberBytes.writeUInt32BE(packetNumber);
  const header = Buffer.concat([start, numberBytes]);
  const plain = Buffer.alloc(rest - NUMBER_LENGTH - TAG);
  frames.copy(plain);
  return protect(header, plain, initialKeys(version, destination), packetNumber);
}

function protect(header: Buffer, plain: Buffer, keys: ReturnType<typeof initialKeys>, packetNumber: number): Buffer {
  const nonce = Buffer.from(keys.iv);
  const low = nonce.length - NUMBER_LENGTH;
  nonce.writeUInt32BE((nonce.readUInt32BE(low) ^ packetNumber) >>> 0, low);
  const cipher = createCipheriv('aes-128-gcm', keys.key, nonce).setAAD(header);
  const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  const mask = createCipheriv('aes-128-ecb', keys.headerKey, null).update(sealed.subarray(0, 16));
  const masked = Buffer.from(header);
  masked[0] = (masked[0] ?? 0) ^ ((mask[0] ?? 0) & 0x0f);
  for (let index = 0; index < NUMBER_LENGTH; index++) {
    const at = header.length - NUMBER_LENGTH + index;
    masked[at] = (masked[at] ?? 0) ^ (mask[1 + index] ?? 0);
  }
  return Buffer.concat([masked, sealed]);
}

/** RFC 9000, section 19.6. `offset`: below 16,384. */
export function cryptoFrame(offset: number, bytes: Uint8Array): Buffer {
  const start = Buffer.alloc(5);
  start[0] = 6;
  start.writeUInt16BE(0x4000 | offset, 1);
  start.writeUInt16BE(0x4000 | bytes.length, 3);
  return Buffer.concat([start, bytes]);
}
