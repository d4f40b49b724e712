// What is known of registers while a program is translated: which map, function or constant one holds.

import type { Flow } from '../control-flow/blocks.ts';
import { successorsOf } from '../control-flow/blocks.ts';
import type { Step } from './decode.ts';

export type Fact =
  /** The address of the map of that name. */
  | { readonly kind: 'map'; readonly name: string }
  /** The address of a map from the map of maps of that name, or 0. */
  | { readonly kind: 'inner'; readonly outer: string }
  /** The address that lies so far from the top of the function's stack frame, in bytes: negative. */
  | { readonly kind: 'stack'; readonly offset: number }
  /** A number that fits into 32 bits with sign. */
  | { readonly kind: 'constant'; readonly value: number };

/** By register; undefined: nothing is known. */
export type Facts = readonly (Fact | undefined)[];

const REGISTERS = 11;
const CLOBBERED = [0, 1, 2, 3, 4, 5];
const MAP_LOOKUP = 1;
const FRAME = 10;
const nothing: Facts = Array.from({ length: REGISTERS }, (_, register) =>
  register === FRAME ? { kind: 'stack', offset: 0 } : undefined,
);

/** Facts at the beginning of each block. */
export function factsOf({ blocks }: Flow, holdsMaps: (map: string) => boolean): readonly Facts[] {
  const starts: (Facts | undefined)[] = blocks.map((_, number) => (number === 0 ? nothing : undefined));
  for (let changed = true; changed; ) {
    changed = false;
    for (const [number, { steps, end }] of blocks.entries()) {
      const before = starts[number];
      if (before === undefined) continue;
      const after = steps.reduce((facts, step) => advance(facts, step, holdsMaps), before);
      for (const next of successorsOf(end)) {
        const joined = join(starts[next], after);
        if (joined === starts[next]) continue;
        starts[next] = joined;
        changed = true;
      }
    }
  }
  return starts.map((facts) => facts ?? nothing);
}

/** The facts behind a step. */
export function advance(facts: Facts, { instruction }: Step, holdsMaps: (map: string) => boolean): Facts {
  switch (instruction.op) {
    case 'call':
    case 'call_sub':
    case 'call_kfunc': {
      const map = facts[1];
      const isInner = instruction.op === 'call' && instruction.helper === MAP_LOOKUP && map?.kind === 'map';
      const result: Fact | undefined = isInner && holdsMaps(map.name) ? { kind: 'inner', outer: map.name } : undefined;
      return facts.map((fact, register) => (register === 0 ? result : CLOBBERED.includes(register) ? undefined : fact));
    }
    case 'map': {
      const { kind, map } = instruction.relocation;
      return replace(facts, instruction.dst, kind === 'map' ? { kind: 'map', name: map } : undefined);
    }
    case 'mov': {
      if (instruction.src === undefined) {
        const isSame = instruction.width === 64 || instruction.imm >= 0;
        return replace(facts, instruction.dst, isSame ? { kind: 'constant', value: instruction.imm } : undefined);
      }
      return replace(facts, instruction.dst, instruction.width === 64 ? facts[instruction.src] : undefined);
    }
    case 'add': {
      const { width, dst, src, imm } = instruction;
      const fact = facts[dst];
      const isPlace = fact?.kind === 'stack' && src === undefined && width === 64;
      return replace(facts, dst, isPlace ? { kind: 'stack', offset: fact.offset + imm } : undefined);
    }
    case 'stx':
    case 'st':
    case 'store_release':
      return facts;
    case 'atomic_cmpxchg':
      return replace(facts, 0, undefined);
    default:
      if (instruction.op.startsWith('atomic') && 'src' in instruction && instruction.src !== undefined) {
        return replace(facts, instruction.src, undefined);
      }
      return 'dst' in instruction ? replace(facts, instruction.dst, undefined) : facts;
  }
}

function replace(facts: Facts, register: number, fact: Fact | undefined): Facts {
  return facts[register] === fact ? facts : facts.with(register, fact);
}

/** What holds on both ways; `before` itself if nothing changed. */
function join(before: Facts | undefined, other: Facts): Facts {
  if (before === undefined) return other;
  const joined = before.map((fact, register) => (isSame(fact, other[register]) ? fact : undefined));
  return joined.every((fact, register) => fact === before[register]) ? before : joined;
}

function isSame(a: Fact | undefined, b: Fact | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && JSON.stringify(a) === JSON.stringify(b));
}
