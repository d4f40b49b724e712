import { HEADER_BYTES, layoutOf } from '../maps/shape.ts';
import { i64 } from '../wasm/expressions.ts';
import { writeAlu, writeByteOrder, writeNegation, writeSignExtension } from './alu.ts';
import { writeAtomic } from './atomic.ts';
import { writeFunctionAddress, writeHelperCall, writeSubprogramCall } from './call.ts';
import type { MapLoad, Step } from './decode.ts';
import type { FunctionWriter } from './function-writer.ts';
import { writeLoad, writeOrdered, writeStore } from './memory.ts';
import { mapNamed, unsupported } from './program.ts';

export function writeInstruction(writer: FunctionWriter, step: Step): void {
  const { instruction } = step;
  switch (instruction.op) {
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'sdiv':
    case 'or':
    case 'and':
    case 'lsh':
    case 'rsh':
    case 'mod':
    case 'smod':
    case 'xor':
    case 'mov':
    case 'arsh':
      return writeAlu(writer, instruction);
    case 'neg':
      return writeNegation(writer, instruction);
    case 'movsx':
      return writeSignExtension(writer, instruction);
    case 'be':
    case 'le':
    case 'bswap':
      return writeByteOrder(writer, instruction);
    case 'ldx':
      return writeLoad(writer, instruction);
    case 'st':
    case 'stx':
      return writeStore(writer, instruction);
    case 'load_acquire':
    case 'store_release':
      return writeOrdered(writer, instruction);
    case 'atomic_add':
    case 'atomic_or':
    case 'atomic_and':
    case 'atomic_xor':
    case 'atomic_fetch_add':
    case 'atomic_fetch_or':
    case 'atomic_fetch_and':
    case 'atomic_fetch_xor':
    case 'atomic_xchg':
    case 'atomic_cmpxchg':
      return writeAtomic(writer, instruction);
    case 'ld_imm64':
      return writer.set(instruction.dst, i64.const(instruction.imm64));
    case 'map':
      return writeMapLoad(writer, step, instruction);
    case 'ld_func':
      return writeFunctionAddress(writer, step, instruction);
    case 'call':
      return writeHelperCall(writer, step, instruction);
    case 'call_sub':
      return writeSubprogramCall(writer, step, instruction);
    default:
      return unsupported(
        writer.program,
        step.slot,
        `the engine has no instruction ${instruction.op}`,
        'it has those of RFC 9669; legacy packet loads, arenas and kernel functions exist in the kernel only',
      );
  }
}

function writeMapLoad(writer: FunctionWriter, { slot }: Step, { dst, relocation }: MapLoad): void {
  const { kind, map, valueOffset } = relocation;
  const { geometry, shape } = mapNamed(writer.program, map);
  const base = geometry?.base ?? 0;
  if (kind === 'map') return writer.set(dst, i64.const(base));
  if (layoutOf(shape.type) !== 'array' || shape.cpus > 1) {
    unsupported(
      writer.program,
      slot,
      `the address of a value of map "${map}"`,
      'only arrays have values with an address',
    );
  }
  writer.set(dst, i64.const(base + HEADER_BYTES + valueOffset));
}
