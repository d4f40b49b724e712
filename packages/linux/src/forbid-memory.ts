import { addressOf, sys } from './ffi.ts';
import { check } from './syscall-error.ts';

const PROT_NONE = 0;

/**
 * Nobody can read or write these bytes any more (mprotect(2)), which begin and end on pages of the machine. In WebAssembly an
 * access is an error that can be caught; in JavaScript it ends the process (SIGSEGV).
 */
export function forbidMemory(buffer: ArrayBuffer | SharedArrayBuffer, offset: number, length: number): void {
  const address = addressOf(new Uint8Array(buffer)) + offset;
  check('mprotect', sys.mprotect(address, length, PROT_NONE), { subject: `${length} bytes of memory` });
}
