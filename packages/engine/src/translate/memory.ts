import type { Load, LoadAcquire, Size, Store, StoreImmediate, StoreRelease } from '@twinpath/ebpf/asm';
import { i32, i64 } from '../wasm/expressions.ts';
import type { FunctionWriter } from './function-writer.ts';
import { r } from './registers.ts';

export const bytesOf: Readonly<Record<Size, 1 | 2 | 4 | 8>> = { u8: 1, u16: 2, u32: 4, u64: 8 };

const loads = {
  u8: i64.load8_u,
  u16: i64.load16_u,
  u32: i64.load32_u,
  u64: i64.load,
  s8: i64.load8_s,
  s16: i64.load16_s,
  s32: i64.load32_s,
} as const;
const stores = { u8: i64.store8, u16: i64.store16, u32: i64.store32, u64: i64.store } as const;
const unsignedOf = { s8: 'u8', s16: 'u16', s32: 'u32', u8: 'u8', u16: 'u16', u32: 'u32', u64: 'u64' } as const;

export function writeLoad(writer: FunctionWriter, { size, dst, src, off }: Load | LoadAcquire): void {
  const [address, offset] = writer.place(src, off, bytesOf[unsignedOf[size]], false);
  writer.set(dst, loads[size](address, offset));
}

export function writeStore(writer: FunctionWriter, instruction: Store | StoreImmediate | StoreRelease): void {
  const { size, dst, off } = instruction;
  const [address, offset] = writer.place(dst, off, bytesOf[size], true);
  const value = instruction.op === 'st' ? i64.const(instruction.imm) : r(instruction.src);
  writer.code.add(stores[size](address, value, offset));
}

/** Acquire and release, where several threads use the memory. */
export function writeOrdered(writer: FunctionWriter, instruction: LoadAcquire | StoreRelease): void {
  const { lib } = writer.program;
  const { size } = instruction;
  if (!lib.shared || size === 'u8' || size === 'u16') {
    instruction.op === 'load_acquire' ? writeLoad(writer, instruction) : writeStore(writer, instruction);
    return;
  }
  const base = instruction.op === 'load_acquire' ? instruction.src : instruction.dst;
  const [start, offset] = writer.place(base, instruction.off, bytesOf[size], instruction.op === 'store_release');
  const address = i32.add(start, i32.const(offset));
  const narrow = size === 'u32';
  if (instruction.op === 'load_acquire') {
    writer.set(instruction.dst, narrow ? i64.extend_u(i32.atomic.load(address)) : i64.atomic.load(address));
    return;
  }
  const value = r(instruction.src);
  writer.code.add(narrow ? i32.atomic.store(address, i32.wrap(value)) : i64.atomic.store(address, value));
}
