// Numbers in host byte order, which is little endian wherever eBPF is compiled for here.

export function setU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

export function setU32(bytes: Uint8Array, at: number, value: number): void {
  setU16(bytes, at, value);
  setU16(bytes, at + 2, value >>> 16);
}

/** Exact up to 2⁵³ − 1. */
export function setCount(bytes: Uint8Array, at: number, value: number): void {
  setU32(bytes, at, value % 0x1_0000_0000);
  setU32(bytes, at + 4, Math.floor(value / 0x1_0000_0000));
}

export function setU64(bytes: Uint8Array, at: number, value: bigint): void {
  setU32(bytes, at, Number(value & 0xffff_ffffn));
  setU32(bytes, at + 4, Number(value >> 32n));
}

export function getU16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

export function getU32(bytes: Uint8Array, at: number): number {
  return getU16(bytes, at) + getU16(bytes, at + 2) * 0x1_0000;
}

/** Rounded to a double above 2⁵³. */
export function getCount(bytes: Uint8Array, at: number): number {
  return getU32(bytes, at) + getU32(bytes, at + 4) * 0x1_0000_0000;
}

export function getU64(bytes: Uint8Array, at: number): bigint {
  return BigInt(getU32(bytes, at)) | (BigInt(getU32(bytes, at + 4)) << 32n);
}
