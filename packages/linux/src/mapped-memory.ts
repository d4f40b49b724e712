import type { Fd } from './fd.ts';
import { mmap, munmap, sys, viewMemory } from './ffi.ts';
import { forgetMapping, holdMapping } from './holdings.ts';
import { check } from './syscall-error.ts';

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const SC_PAGESIZE = 30;

export interface MappingOptions {
  /** Bytes; a multiple of the page size. */
  length: number;
  /** Bytes from the start of the file; a multiple of the page size. */
  offset?: number;
  /** A write through a view of a read-only mapping ends the process (SIGSEGV): never hand such a view out. */
  access: 'read' | 'read-write';
  /** Further MAP_ flags, such as MAP_POPULATE. */
  flags?: number;
  /** For error messages. */
  subject?: string;
}

/** Memory shared with the kernel through mmap(2). After dispose every view of it is empty instead of dangling. */
export class MappedMemory {
  readonly length: number;
  #address: number;
  readonly #buffer: ArrayBuffer;

  constructor(fd: Fd, { length, offset = 0, access, flags = 0, subject }: MappingOptions) {
    const protection = access === 'read' ? PROT_READ : PROT_READ | PROT_WRITE;
    this.#address = check('mmap', mmap(length, protection, MAP_SHARED | flags, fd.number, offset), { subject });
    this.length = length;
    holdMapping(this.#address, length);
    this.#buffer = viewMemory(this.#address, length);
  }

  /** @throws Error after dispose. */
  get address(): number {
    if (this.#address < 0) throw new Error('memory mapping used after it was disposed');
    return this.#address;
  }

  /** The mapped bytes; detached (length 0) after dispose. */
  get buffer(): ArrayBuffer {
    return this.#buffer;
  }

  [Symbol.dispose](): void {
    if (this.#address < 0) return;
    const address = this.#address;
    this.#address = -1;
    // Detaches the buffer and with it every typed array made over it: a late access reads undefined, not freed memory.
    this.#buffer.transfer();
    forgetMapping(address);
    check('munmap', munmap(address, this.length));
  }
}

/** Bytes per page: 4096 on x64, up to 65536 on arm64. */
export const pageSize = (): number => sys.sysconf(SC_PAGESIZE);
