// Values that are bytes: addresses, MAC addresses, texts.
import { isIp4, isIp6, macToBytes, writeIp } from '@twinpath/packet';
import type { Word } from '../../value.ts';
import type { Piece } from './piece.ts';

export type BytesType = 'ip4' | 'ip6' | 'mac' | 'text';

export function piecesOfWords(words: readonly Word[], offset: number): readonly Piece[] {
  let at = offset;
  return words.map(({ id, width }) => {
    const piece: Piece = { offset: at, bits: width, value: id };
    at += width / 8;
    return piece;
  });
}

export function piecesOfBytes(bytes: Uint8Array, offset: number): readonly Piece[] {
  return [...bytes].map((byte, at): Piece => ({ offset: offset + at, bits: 8, value: BigInt(byte) }));
}

/** The bytes of a constant of this type; `undefined`: it is not one. */
export function bytesOfConstant(type: BytesType, text: string, size: number): Uint8Array | undefined {
  switch (type) {
    case 'ip4':
      return isIp4(text) ? addressBytes(text, 4) : undefined;
    case 'ip6':
      return isIp6(text) ? addressBytes(text, 16) : undefined;
    case 'mac':
      return attempt(() => macToBytes(text));
    case 'text':
      return textBytes(text, size);
  }
}

function addressBytes(text: string, size: number): Uint8Array | undefined {
  const bytes = new Uint8Array(size);
  return attempt(() => {
    writeIp(text, bytes, 0);
    return bytes;
  });
}

function textBytes(text: string, size: number): Uint8Array | undefined {
  const encoded = new TextEncoder().encode(text);
  if (encoded.length > size || encoded.some((byte) => byte > 127)) return undefined;
  const bytes = new Uint8Array(size);
  bytes.set(encoded);
  return bytes;
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

/** `size` bytes of a constant as words of these widths. */
export function constantWords(bytes: Uint8Array, widths: readonly number[]): readonly bigint[] {
  let at = 0;
  return widths.map((width) => {
    let value = 0n;
    for (let byte = width / 8 - 1; byte >= 0; byte--) value = (value << 8n) | BigInt(bytes[at + byte] ?? 0);
    at += width / 8;
    return BigInt.asIntN(64, value);
  });
}
