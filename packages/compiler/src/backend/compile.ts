import type { MapRelocation, ProgramSpec } from '@twinpath/ebpf';
import { assemble, disassemble, format } from '@twinpath/ebpf/asm';
import type { Location, Program } from '../ir/types.ts';
import { optimise, type PassName } from '../optimise/index.ts';
import { allocate } from './allocate.ts';
import { emit } from './emit.ts';
import { layOutFrame } from './frame.ts';
import { HOOKS } from './hooks.ts';
import { lineInfo, type Sources, slotLocations } from './line-info.ts';
import { mergeTails } from './merge-tails.ts';
import { providePacketEnds } from './packet-ends.ts';
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
  const { name, hook } = program;
  const { optimise: wanted = true } = options;
  const optimised = optimise(program, options);
  const machine = allocate(removeDead(select(providePacketEnds(splitCriticalEdges(shareSlots(optimised))))));
  const blocks = wanted
    ? threadEmptyBlocks(mergeTails(threadEmptyBlocks(machine.blocks)))
    : threadEmptyBlocks(machine.blocks);
  const placed = { ...machine, blocks };
  const frame = layOutFrame(placed, name);
  const { items, locations: itemLocations } = emit(placed, frame);
  const { bytes: code, relocations, instructionIndex } = assemble(items);
  const slots = code.length / SLOT_BYTES;
  const locations = slotLocations(itemLocations, instructionIndex, slots);
  const btf = lineInfo({ name, hook, locations, sources: options.sources ?? new Map() });
  const { type, attach } = HOOKS[hook];
  const spec: ProgramSpec = {
    name,
    type,
    attach,
    code,
    relocations,
    license: 'Dual MIT/GPL',
    ...(btf && { btf }),
  };
  return {
    spec,
    locations,
    statistics: { instructions: slots, stackBytes: frame.bytes },
    listing: () => listing(code, relocations),
  };
}

function listing(code: Uint8Array, relocations: readonly MapRelocation[]): string {
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
