// From WebAssembly's error to the place in the program.

import type { ProgramSpec } from '@twinpath/ebpf';
import { decodeLineInfo, type LineInfo, readBtf } from '@twinpath/ebpf/btf';
import { TRAP_REASONS } from './memory/trap.ts';
import type { ModuleMark } from './wasm/module.ts';

/** A run that was stopped. Its frame has the verdict ABORTED; what the program had written until then stays written. */
export interface Trap {
  readonly program: string;
  readonly reason: string;
  /** Index of the instruction's slot, if it could be found. */
  readonly slot: number | undefined;
  /** Where the instruction comes from, if the program says so. */
  readonly line: LineInfo | undefined;
}

/** What is needed to find a place again. */
export interface Origin {
  readonly spec: ProgramSpec;
  readonly marks: readonly ModuleMark[];
}

const FRAME = /wasm:\/\/wasm\/program(\d+)-[0-9a-f]+:wasm-function\[(\d+)\]:0x([0-9a-f]+)/g;

export const moduleName = (id: number): string => `program${id}`;

/** `reason`: the number that the program left; `origins`: programs by their ids. */
export function trapOf(error: Error, reason: number, program: string, origins: ReadonlyMap<number, Origin>): Trap {
  const text = reason === 0 ? error.message : (TRAP_REASONS[reason] ?? 'fault');
  for (const [, id, number, at] of (error.stack ?? '').matchAll(FRAME)) {
    const origin = origins.get(Number(id));
    const place = Number.parseInt(at ?? '0', 16);
    const mark = origin?.marks.findLast((one) => one.function === Number(number) && one.at <= place);
    if (origin === undefined || mark === undefined) continue;
    return { program: origin.spec.name, reason: text, slot: mark.slot, line: lineOf(origin.spec, mark.slot) };
  }
  return { program, reason: text, slot: undefined, line: undefined };
}

function lineOf({ btf }: ProgramSpec, slot: number): LineInfo | undefined {
  if (btf === undefined) return undefined;
  return decodeLineInfo(btf.lines, readBtf(btf.types)).findLast((line) => line.slot <= slot);
}
