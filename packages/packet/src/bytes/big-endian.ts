// Numbers in network byte order at an offset. Beyond the end reads as 0 and writes nothing, as typed arrays do: who calls
// has checked the bounds.

export function getU8(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

export function getU16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

export function getU32(bytes: Uint8Array, at: number): number {
  return getU16(bytes, at) * 0x1_0000 + getU16(bytes, at + 2);
}

export function setU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function setU32(bytes: Uint8Array, at: number, value: number): void {
  setU16(bytes, at, (value >>> 16) & 0xffff);
  setU16(bytes, at + 2, value & 0xffff);
}
