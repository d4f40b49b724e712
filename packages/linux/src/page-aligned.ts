import { addressOf } from './ffi.ts';
import { pageSize } from './mapped-memory.ts';

/** Memory of which `length` bytes from `offset` on begin on a page of the machine, for XdpSocket. All zero. */
export function pageAligned(length: number): { readonly buffer: SharedArrayBuffer; readonly offset: number } {
  const page = pageSize();
  const buffer = new SharedArrayBuffer(length + page);
  return { buffer, offset: page - (addressOf(new Uint8Array(buffer)) % page) };
}
