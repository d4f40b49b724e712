import type { MapRelocation } from '../spec.ts';
import { AssemblerError } from './error.ts';
import { type FarJumps, type Line, labelPositions, positionsOf, relax } from './far-jumps.ts';
import type { Instruction, Label, Target } from './instruction.ts';
import { findEncoding, SLOT_BYTES, toSlots, writeSlots } from './slot.ts';
import { format } from './text.ts';

export type Assembled = {
  /** Little-endian bytecode. */
  readonly bytes: Uint8Array;
  /** Loads of maps by name, in order. */
  readonly relocations: readonly MapRelocation[];
  /** For every item of the input the slot it starts at; a label has the slot of what follows it. */
  readonly instructionIndex: readonly number[];
  /** Slot of every label of the input. */
  readonly labels: ReadonlyMap<string, number>;
};

export type AssembleOptions = {
  /** What to do about jumps over more than 32767 slots; default `trampoline`. */
  readonly farJumps?: FarJumps;
};

/**
 * Encodes instructions with labels as targets and names as maps.
 * @throws AssemblerError naming the instruction whose operand is out of range or whose label is missing.
 * @example
 * assemble([jmp('jeq', 1, imm(0), 'out'), mov(0, imm(1)), label('out'), exit()])
 */
export function assemble(items: readonly (Instruction | Label)[], options: AssembleOptions = {}): Assembled {
  const how = options.farJumps ?? 'trampoline';
  const source = items.map((item, index): Line => ({ item, source: index }));
  checkLabels(items);
  const lines = how === 'reject' ? source : relax(source, how);
  if (lines.length > items.length) rejectDistances(items);
  const positions = positionsOf(lines);
  const labels = labelPositions(lines, positions);
  const bytes = new Uint8Array((positions.at(-1) ?? 0) * SLOT_BYTES);
  const view = new DataView(bytes.buffer);
  const relocations: MapRelocation[] = [];
  const instructionIndex: number[] = [];
  lines.forEach(({ item, source: index }, line) => {
    const slot = positions[line] ?? 0;
    if (index !== undefined) instructionIndex[index] = slot;
    if (item.op === 'label') return;
    named(item, index ?? line, () => {
      const relocation = relocationOf(item, slot);
      if (relocation) relocations.push(relocation);
      writeSlots(view, slot * SLOT_BYTES, toSlots(resolve(item, slot, labels)));
    });
  });
  const own = items.flatMap((item) => (item.op === 'label' ? [[item.name, labels.get(item.name) ?? 0] as const] : []));
  return { bytes, relocations, instructionIndex, labels: new Map(own) };
}

function checkLabels(items: readonly (Instruction | Label)[]): void {
  const seen = new Set<string>();
  for (const item of items) {
    if (item.op !== 'label') continue;
    if (seen.has(item.name))
      throw new AssemblerError(`label "${item.name}" occurs twice`, 'labels name one place each');
    seen.add(item.name);
  }
}

/** Distances in slots would be wrong once instructions are added between. */
function rejectDistances(items: readonly (Instruction | Label)[]): void {
  const index = items.findIndex((item) => 'target' in item && typeof item.target === 'number');
  if (index < 0) return;
  throw new AssemblerError(
    `instruction ${index} has a target in slots, but the program has jumps out of the 16-bit range`,
    'give every target as a label',
  );
}

function relocationOf(item: Instruction, slot: number): MapRelocation | undefined {
  if (item.op === 'ld_map' && typeof item.map === 'string') {
    return { slot, map: item.map, kind: 'map', valueOffset: 0 };
  }
  if (item.op === 'ld_map_value' && typeof item.map === 'string') {
    return { slot, map: item.map, kind: 'map-value', valueOffset: item.valueOffset };
  }
  return undefined;
}

/** The instruction with labels as distances and map names as 0, which relocation fills in. */
function resolve(item: Instruction, slot: number, labels: ReadonlyMap<string, number>): Instruction {
  if ('map' in item && typeof item.map === 'string') return { ...item, map: 0 };
  if (!('target' in item)) return item;
  return { ...item, target: distance(item.target, slot, labels) };
}

/** Every target counts from the slot after the instruction's first, also in `ld_func`, which takes two. */
function distance(target: Target, slot: number, labels: ReadonlyMap<string, number>): number {
  if (typeof target === 'number') return target;
  const to = labels.get(target);
  if (to === undefined) throw new AssemblerError(`there is no label "${target}"`, 'add label(name) to the program');
  return to - (slot + 1);
}

/** Says in an error which instruction it is about. */
function named(item: Instruction, index: number, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof AssemblerError)) throw error;
    const text = findEncoding(item) ? format(item) : item.op;
    throw new AssemblerError(`instruction ${index} (${text}): ${error.message}`, error.hint);
  }
}
