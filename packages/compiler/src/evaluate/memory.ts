// Bytes that a program can point into, and the pointers. Every access is checked here, and as strictly as the verifier
// does it on all ways at once: what was not proven on the way taken is an error even where the access would have been fine.

import type { Width } from '../ir/types.ts';
import { Fault } from './fault.ts';

export type PointerKind = 'context' | 'packet' | 'packet-end' | 'stack' | 'value' | 'map';

/** Bytes with a name. */
export class Memory {
  /** For messages, with article or number: `slot 0 "key"`, `the packet`. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** 1 for each byte that was written; absent where all bytes have a value from the start. */
  readonly written: Uint8Array | undefined;
  readonly writable: boolean;
  /** Pointers that were stored here whole, by their place; made with the first of them. */
  pointers: Map<number, Pointer> | undefined;
  #view: DataView | undefined;

  constructor(
    name: string,
    bytes: Uint8Array,
    options: { readonly poisoned?: boolean; readonly writable?: boolean } = {},
  ) {
    this.name = name;
    this.bytes = bytes;
    this.written = options.poisoned === true ? new Uint8Array(bytes.length) : undefined;
    this.writable = options.writable ?? true;
  }

  /** Made when first asked for: a view gives short bytes a buffer of their own. */
  get view(): DataView {
    this.#view ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    return this.#view;
  }
}

/** What the program has proven so far about all pointers of one origin: they share one object. */
export interface Proof {
  /** Compared with null, or never null. */
  checked: boolean;
  /** Packet pointers: bytes from `origin` on that an in-packet has proven. */
  readonly origin: number;
  proven: number;
}

export const present = (): Proof => ({ checked: true, origin: 0, proven: 0 });
export const unchecked = (): Proof => ({ checked: false, origin: 0, proven: 0 });

export class Pointer {
  readonly kind: PointerKind;
  /** Absent: null. The context, packet ends and maps carry an empty memory with a name. */
  readonly memory: Memory | undefined;
  readonly offset: number;
  readonly proof: Proof;

  constructor(kind: PointerKind, memory: Memory | undefined, offset: number, proof: Proof) {
    this.kind = kind;
    this.memory = memory;
    this.offset = offset;
    this.proof = proof;
  }
}

export type Operand = bigint | Pointer;

export function describe(operand: Operand): string {
  if (typeof operand === 'bigint') return `the integer ${BigInt.asIntN(64, operand)}`;
  return operand.memory === undefined ? 'null' : `a pointer to ${operand.memory.name} + ${operand.offset}`;
}

/** Where in the pointer's memory `size` bytes from `offset` on begin. @throws Fault if it may not be accessed. */
export function locate(
  pointer: Pointer,
  offset: number,
  size: number,
): { readonly memory: Memory; readonly index: number } {
  const memory = dereference(pointer);
  const index = pointer.offset + offset;
  if (pointer.kind === 'packet') requireProven(pointer.proof, index, size);
  if (index < 0 || index + size > memory.bytes.length) {
    throw new Fault(
      `access to bytes ${index}..${index + size - 1} of ${memory.name}, which has ${memory.bytes.length}`,
      'The verifier refuses an access that may be outside; bound the offset first.',
    );
  }
  return { memory, index };
}

function dereference(pointer: Pointer): Memory {
  if (!pointer.proof.checked) {
    throw new Fault(
      'access through a pointer that was never compared with null',
      'Test the result of a lookup before its use.',
    );
  }
  if (pointer.memory === undefined)
    throw new Fault('access through a null pointer', 'Test the result of a lookup before its use.');
  return pointer.memory;
}

function requireProven({ origin, proven }: Proof, index: number, size: number): void {
  const [first, behind] = [index - origin, index - origin + size];
  if (first >= 0 && behind <= proven) return;
  throw new Fault(
    `access to packet bytes ${first}..${behind - 1} of a pointer for which only ${proven} bytes were checked`,
    'Each access needs a check of the same pointer, or of one a constant away from it, on the way there.',
  );
}

/** Stack and atomic accesses must lie at a multiple of their size. */
function requireAligned(memory: Memory, index: number, size: number): void {
  if (index % size === 0) return;
  throw new Fault(
    `access of ${size} bytes at unaligned offset ${index} of ${memory.name}`,
    'The verifier refuses it there.',
  );
}

function requireWritten(memory: Memory, index: number, size: number): void {
  if (memory.written === undefined) return;
  for (let at = index; at < index + size; at++) {
    if (memory.written[at] === 0) {
      throw new Fault(
        `byte ${at} of ${memory.name} is read before it was ever written`,
        'Kernels give such bytes any value: padding must be filled with zeros too.',
      );
    }
  }
}

export function load(pointer: Pointer, offset: number, width: Width): bigint {
  const size = width / 8;
  const { memory, index } = locate(pointer, offset, size);
  if (pointer.kind === 'stack') requireAligned(memory, index, size);
  requireWritten(memory, index, size);
  for (const place of memory.pointers?.keys() ?? []) {
    if (place < index + size && index < place + POINTER)
      throw new Fault('a pointer that was stored is read as a number', 'Load it as the pointer that it is.');
  }
  switch (width) {
    case 8:
      return BigInt(memory.view.getUint8(index));
    case 16:
      return BigInt(memory.view.getUint16(index, true));
    case 32:
      return BigInt(memory.view.getUint32(index, true));
    case 64:
      return memory.view.getBigUint64(index, true);
  }
}

export function store(pointer: Pointer, offset: number, width: Width, value: bigint): void {
  const size = width / 8;
  const { memory, index } = locate(pointer, offset, size);
  if (pointer.kind === 'stack') requireAligned(memory, index, size);
  if (!memory.writable)
    throw new Fault(
      `store to ${memory.name}, which programs may only read`,
      'The map is declared read-only for programs.',
    );
  memory.written?.fill(1, index, index + size);
  forgetPointers(memory, index, size);
  switch (width) {
    case 8:
      memory.view.setUint8(index, Number(value & 0xffn));
      break;
    case 16:
      memory.view.setUint16(index, Number(value & 0xffffn), true);
      break;
    case 32:
      memory.view.setUint32(index, Number(value & 0xffff_ffffn), true);
      break;
    case 64:
      memory.view.setBigUint64(index, value, true);
  }
}

const POINTER = 8;

function forgetPointers({ pointers }: Memory, index: number, size: number): void {
  for (const place of pointers?.keys() ?? [])
    if (place < index + size && index < place + POINTER) pointers?.delete(place);
}

/** Only stacks hold pointers. */
export function storePointer(to: Pointer, offset: number, value: Pointer): void {
  const { memory, index } = locate(to, offset, POINTER);
  if (to.kind !== 'stack')
    throw new Fault(`a pointer is stored to ${memory.name}`, 'Pointers are stored on the stack only.');
  requireAligned(memory, index, POINTER);
  memory.written?.fill(1, index, index + POINTER);
  forgetPointers(memory, index, POINTER);
  memory.pointers ??= new Map();
  memory.pointers.set(index, value);
}

export function loadPointer(from: Pointer, offset: number): Pointer {
  const { memory, index } = locate(from, offset, POINTER);
  const pointer = memory.pointers?.get(index);
  if (pointer === undefined)
    throw new Fault(`no pointer was stored at byte ${index} of ${memory.name}`, 'Store it there on every way.');
  return pointer;
}

/** Atomics lie aligned in a map value. */
export function requireAtomic(pointer: Pointer, offset: number, width: 32 | 64): void {
  const { memory, index } = locate(pointer, offset, width / 8);
  if (pointer.kind !== 'value')
    throw new Fault(`atomic operation on ${memory.name}`, 'Atomics work on map values only.');
  requireAligned(memory, index, width / 8);
}

/** The bytes themselves, for a helper that reads them: all must have been written. */
export function bytesFor(pointer: Pointer, size: number): Uint8Array {
  const { memory, index } = locate(pointer, 0, size);
  requireWritten(memory, index, size);
  return memory.bytes.subarray(index, index + size);
}

/** The bytes themselves, for a helper that writes all of them. */
export function bytesToFill(pointer: Pointer, size: number): Uint8Array {
  const { memory, index } = locate(pointer, 0, size);
  if (!memory.writable)
    throw new Fault(`a helper would write to ${memory.name}, which programs may only read`, 'Give it other memory.');
  memory.written?.fill(1, index, index + size);
  return memory.bytes.subarray(index, index + size);
}
