import type { ProgramSpec } from '@twinpath/ebpf';
import { assemble, disassemble, format } from '@twinpath/ebpf/asm';
import { at } from '../ir/at.ts';
import { type Location, type Numbers, type Program, parametersOf } from '../ir/types.ts';
import { optimise, type PassName } from '../optimise/index.ts';
import { allocate } from './allocate.ts';
import { type Callee, calledBy, deepest } from './call-depth.ts';
import { emit, subprogramName } from './emit.ts';
import { type Frame, layOutFrame } from './frame.ts';
import { HOOKS } from './hooks.ts';
import { type Described, lineInfo, type Sources, slotLocations } from './line-info.ts';
import type { MachineProgram } from './machine.ts';
import { mergeTails } from './merge-tails.ts';
import { providePacketEnds } from './packet-ends.ts';
import { type Relocation, relocationsOf, withNumbers } from './relocations.ts';
import { removeDead } from './remove-dead.ts';
import { select } from './select.ts';
import { shareSlots } from './share-slots.ts';
import { splitCriticalEdges } from './split-critical-edges.ts';
import { threadEmptyBlocks } from './thread-empty.ts';

export interface CompileOptions {
  /** Default true. Without, the code is what was written, tidied only as far as the verifier wants it. */
  readonly optimise?: boolean;
  /** Single passes to switch off, by name. */
  readonly passes?: Readonly<Partial<Record<PassName, boolean>>>;
  /** Source texts by file, for the lines that the kernel's log shows. */
  readonly sources?: Sources;
}

export interface CompiledProgram {
  readonly spec: ProgramSpec;
  /** Where the code has the numbers of `Program.relocated`. */
  readonly relocations: readonly Relocation[];
  /** The author's place for each 8-byte slot of the code. */
  readonly locations: readonly (Location | undefined)[];
  readonly statistics: {
    /** 8-byte slots: what the kernel counts. */
    readonly instructions: number;
    readonly stackBytes: number;
  };
  /** The code as text in the kernel's syntax, one instruction a line. */
  readonly listing: () => string;
}

const SLOT_BYTES = 8;

/**
 * Makes eBPF that loads on Linux 6.1 and newer.
 * @throws CodeGenerationError when the program needs more stack than there is, or a packet offset has no bound.
 */
export function compileProgram(program: Program, options: CompileOptions = {}): CompiledProgram {
  const { name, hook, subprograms = [] } = program;
  const bodies = placeAll(program, options);
  const functions = bodies.map(({ index, machine, frame }) => emit(machine, frame, subprogramName(index)));
  const items = functions.flatMap((one) => one.items);
  const { bytes: code, relocations: mapRelocations, instructionIndex, labels } = assemble(items);
  const slots = code.length / SLOT_BYTES;
  const itemLocations = functions.flatMap((one) => one.locations);
  const locations = slotLocations(itemLocations, instructionIndex, slots);
  const described = bodies.map(({ index }): Described => {
    const slot = labels.get(subprogramName(index)) ?? 0;
    const own = subprograms[index];
    if (own === undefined) return { name, slot, parameters: [] };
    return { name: own.name, slot, parameters: parametersOf(own).map((value) => at(own.values, value)) };
  });
  const btf = lineInfo({ functions: described, hook, locations, sources: options.sources ?? new Map() });
  const { type, attach } = HOOKS[hook];
  const spec: ProgramSpec = {
    name,
    type,
    attach,
    code,
    relocations: mapRelocations,
    license: 'Dual MIT/GPL',
    ...(described.length > 1 && { subprograms: described.slice(1).map((one) => ({ name: one.name, slot: one.slot })) }),
    ...(btf && { btf }),
  };
  const compiled: CompiledProgram = {
    spec,
    relocations: relocationsOf(functions, instructionIndex),
    locations,
    statistics: { instructions: slots, stackBytes: deepest(bodies, name) },
    listing: () => listingOf(spec),
  };
  return relocate(compiled, program.relocated);
}

/** The same program with other numbers: they stand in its code and nowhere else. */
export function relocate(compiled: CompiledProgram, numbers: Numbers = {}): CompiledProgram {
  const { spec: before, relocations } = compiled;
  if (relocations.length === 0) return compiled;
  const spec = { ...before, code: withNumbers(before, relocations, numbers) };
  return { ...compiled, spec, listing: () => listingOf(spec) };
}

/** One function of the program in its final form. */
interface Body extends Callee {
  readonly machine: MachineProgram;
  readonly frame: Frame;
}

/** The program, then those of its subprograms that are called, by their index. */
function placeAll(program: Program, options: CompileOptions): readonly Body[] {
  const { subprograms = [] } = program;
  const made = new Map<number, Body>();
  const open = [{ index: -1, depth: 0 }];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const { index, depth } = next;
    if (made.has(index)) continue;
    const body = place(index < 0 ? program : at(subprograms, index), index, { ...options, depth });
    made.set(index, body);
    open.push(...[...body.calls].map((called) => ({ index: called, depth: depth + 1 })));
  }
  return [...made.values()].toSorted((a, b) => a.index - b.index);
}

function place(program: Program, index: number, options: CompileOptions & { readonly depth: number }): Body {
  const { optimise: wanted = true } = options;
  const optimised = optimise(program, options);
  const made = allocate(removeDead(select(providePacketEnds(splitCriticalEdges(shareSlots(optimised))))));
  const blocks = wanted
    ? threadEmptyBlocks(mergeTails(threadEmptyBlocks(made.blocks)))
    : threadEmptyBlocks(made.blocks);
  const machine = { ...made, blocks };
  const frame = layOutFrame(machine, program.name);
  return { index, machine, frame, bytes: frame.bytes, calls: calledBy(optimised) };
}

/** The code as text in the kernel's syntax, one instruction a line. */
export function listingOf({ code, relocations }: Pick<ProgramSpec, 'code' | 'relocations'>): string {
  const maps = new Map(relocations.map(({ slot, map }) => [slot, map]));
  let next = 0;
  const lines = disassemble(code).map((instruction) => {
    const start = next;
    next += instruction.op.startsWith('ld_') ? 2 : 1;
    const map = maps.get(start);
    const shown = map !== undefined && 'map' in instruction ? { ...instruction, map } : instruction;
    return `${String(start).padStart(4)}: ${format(shown)}`;
  });
  return `${lines.join('\n')}\n`;
}
