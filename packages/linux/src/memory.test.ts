import { ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Fd } from './fd.ts';
import { addressOf } from './ffi.ts';
import { MappedMemory, pageSize } from './mapped-memory.ts';
import { NativeBuffer } from './native-buffer.ts';

function mapped(work: (fd: Fd, path: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'tp-linux-memory-'));
  const path = join(directory, 'file');
  using fd = Fd.adopt(openSync(path, 'w+'));
  ftruncateSync(fd.number, 2 * pageSize());
  try {
    work(fd, path);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('a mapping shares its bytes with the file, at an offset too', () => {
  mapped((fd, path) => {
    using memory = new MappedMemory(fd, { length: pageSize(), offset: pageSize(), access: 'read-write' });
    new Uint8Array(memory.buffer)[3] = 0xab;
    expect(readFileSync(path)[pageSize() + 3]).toBe(0xab);
  });
});

test('after dispose every view is empty instead of dangling', () => {
  mapped((fd) => {
    const memory = new MappedMemory(fd, { length: pageSize(), access: 'read-write' });
    const view = new Uint8Array(memory.buffer);
    const words = new Int32Array(memory.buffer, 8, 4);
    view[0] = 1;
    memory[Symbol.dispose]();
    memory[Symbol.dispose]();
    expect(view.length).toBe(0);
    expect(view[0]).toBeUndefined();
    expect(() => Atomics.load(words, 0)).toThrow();
    expect(() => memory.address).toThrow(/disposed/);
  });
});

test('a mapping that the kernel refuses is an error with its errno', () => {
  using fd = Fd.adopt(openSync('/dev/null', 'r'));
  expect(() => new MappedMemory(fd, { length: 4096, access: 'read', subject: 'ring x' })).toThrow(
    /mmap for ring x failed: ENODEV/,
  );
});

test('a structure points to other memory, and refuses text that does not fit', () => {
  const target = new NativeBuffer(4);
  const structure = new NativeBuffer(24).setPointer(8, target).setString(16, 'eth0', 8);
  expect(structure.getU64(8)).toBe(BigInt(addressOf(target.bytes)));
  expect(structure.bytes.subarray(16)).toEqual(Uint8Array.from([0x65, 0x74, 0x68, 0x30, 0, 0, 0, 0]));
  expect(structure.setPointer(8, undefined).getU64(8)).toBe(0n);
  expect(() => structure.setString(16, 'eightchr', 8)).toThrow(RangeError);
});

test('a buffer over given bytes writes into them', () => {
  const bytes = new Uint8Array(16);
  new NativeBuffer(bytes.subarray(8)).setU32(0, 0x01020304);
  expect(bytes[8]).toBe(4);
});

test('a target stays alive as long as the structure that points to it', () => {
  const structures = Array.from({ length: 200 }, (_, index) => {
    return new NativeBuffer(8).setPointer(0, new NativeBuffer(128).setU32(0, index));
  });
  for (let round = 0; round < 100; round++) new Array(100_000).fill({});
  const addresses = structures.map((structure) => structure.getU64(0));
  expect(new Set(addresses).size).toBe(200);
});
