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
      writeAlu(writer, instruction);
      return;
    case 'neg':
      writeNegation(writer, instruction);
      return;
    case 'movsx':
      writeSignExtension(writer, instruction);
      return;
    case 'be':
    case 'le':
    case 'bswap':
      writeByteOrder(writer, instruction);
      return;
    case 'ldx':
      writeLoad(writer, instruction);
      return;
    case 'st':
    case 'stx':
      writeStore(writer, instruction);
      return;
    case 'load_acquire':
    case 'store_release':
      writeOrdered(writer, instruction);
      return;
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
      writeAtomic(writer, instruction);
      return;
    case 'ld_imm64':
      writer.set(instruction.dst, i64.const(instruction.imm64));
      return;
    case 'map':
      writeMapLoad(writer, step, instruction);
      return;
    case 'ld_func':
      writeFunctionAddress(writer, step, instruction);
      return;
    case 'call':
      writeHelperCall(writer, step, instruction);
      return;
    case 'call_sub':
      writeSubprogramCall(writer, step, instruction);
      return;
    default:
      unsupported(
        writer.program,
        step.slot,
        `the engine has no instruction ${instruction.op}`,
        'it has those of RFC 9669; legacy packet loads, arenas and kernel functions exist in the kernel only',
      );
      return;
  }
}

function writeMapLoad(writer: FunctionWriter, { slot }: Step, { dst, relocation }: MapLoad): void {
  const { kind, map, valueOffset } = relocation;
  const { geometry, shape } = mapNamed(writer.program, map);
  const base = geometry?.base ?? 0;
  if (kind === 'map') {
    writer.set(dst, i64.const(base));
    return;
  }
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
