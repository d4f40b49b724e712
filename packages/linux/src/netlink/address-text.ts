import { isIPv4, isIPv6 } from 'node:net';

export const AF_INET = 2;
export const AF_INET6 = 10;

export interface IpBytes {
  readonly family: typeof AF_INET | typeof AF_INET6;
  /** 4 or 16 bytes, network byte order. */
  readonly bytes: Uint8Array;
}

/** An IPv4 or IPv6 address as bytes. @throws RangeError */
export function ipBytes(text: string): IpBytes {
  if (isIPv4(text)) return { family: AF_INET, bytes: Uint8Array.from(text.split('.'), Number) };
  if (isIPv6(text) && !text.includes('%')) return { family: AF_INET6, bytes: ipv6Bytes(text) };
  throw new RangeError(`"${text}" is not an IP address`);
}

function ipv6Bytes(text: string): Uint8Array {
  const [head = '', tail] = text.split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const bytes = new Uint8Array(16);
  bytes.set(left);
  bytes.set(right, 16 - right.length);
  return bytes;
}

function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/** Text of 4 or 16 bytes; IPv6 as RFC 5952 wants it. */
export function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts = Array.from({ length: 8 }, (_, index) => view.getUint16(index * 2).toString(16));
  const run = longestZeroRun(parts);
  if (run.length < 2) return parts.join(':');
  return `${parts.slice(0, run.start).join(':')}::${parts.slice(run.start + run.length).join(':')}`;
}

function longestZeroRun(parts: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [index, part] of parts.entries()) {
    if (part !== '0') start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}

/** "10.0.0.1/24" as address and prefix length; without a length, that of a single host. @throws RangeError */
export function cidrBytes(text: string): IpBytes & { readonly prefixLength: number } {
  const [address = '', length] = text.split('/');
  const ip = ipBytes(address);
  const bits = ip.bytes.length * 8;
  const prefixLength = length === undefined ? bits : Number(length);
  if (!/^\d*$/.test(length ?? '') || length === '' || prefixLength > bits) {
    throw new RangeError(`"${text}" has no prefix length between 0 and ${bits}`);
  }
  return { ...ip, prefixLength };
}

/** "02:00:00:00:00:01" as 6 bytes. @throws RangeError */
export function macBytes(text: string): Uint8Array {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) throw new RangeError(`"${text}" is not a MAC address`);
  return Uint8Array.from(text.split(':'), (part) => Number.parseInt(part, 16));
}

export function macText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}
