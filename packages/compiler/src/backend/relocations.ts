// Numbers that are put into finished code: what differs from instance to instance and means the same everywhere, as a seed.
import type { ProgramSpec } from '@twinpath/ebpf';
import { at } from '../ir/at.ts';
import type { Numbers } from '../ir/types.ts';
import type { Emitted } from './emit.ts';

export interface Relocation {
  /** Of the instruction, among slots of 8 bytes. */
  readonly slot: number;
  readonly name: string;
  /** 32: the immediate of an instruction that takes it as 32 bits. 64: those of both slots of a 64-bit load. */
  readonly width: 32 | 64;
}

const SLOT_BYTES = 8;
const IMMEDIATE = 4;

/** Of functions one behind the other. `slots`: of each of their items. */
export function relocationsOf(functions: readonly Emitted[], slots: readonly number[]): readonly Relocation[] {
  let first = 0;
  return functions.flatMap(({ items, relocations }) => {
    const own = relocations.map(({ item, name, width }) => ({ slot: at(slots, first + item), name, width }));
    first += items.length;
    return own;
  });
}

/** A copy of the code. */
export function withNumbers(
  { name: program, code }: Pick<ProgramSpec, 'name' | 'code'>,
  relocations: readonly Relocation[],
  numbers: Numbers,
): Uint8Array {
  const copy = Uint8Array.from(code);
  const view = new DataView(copy.buffer);
  for (const { slot, name, width } of relocations) {
    const number = numbers[name];
    if (number === undefined) throw new RangeError(`program "${program}" is given no number "${name}"`);
    const place = slot * SLOT_BYTES + IMMEDIATE;
    view.setUint32(place, Number(BigInt.asUintN(32, number)), true);
    if (width === 64) view.setUint32(place + SLOT_BYTES, Number(BigInt.asUintN(32, number >> 32n)), true);
  }
  return copy;
}
