// Where a function stores to its stack frame. Offsets are bytes from the top of the frame.
import type { Store, StoreImmediate } from '@twinpath/ebpf/asm';
import type { Flow } from '../control-flow/blocks.ts';
import { advance, type Facts } from './facts.ts';
import { bytesOf } from './memory.ts';

export interface StackStores {
  /** Where what is stored begins and ends. */
  readonly ends: ReadonlySet<number>;
  /** Stores to places where keys of lookups lie, by {@link nameOf}. */
  readonly ofKeys: ReadonlySet<string>;
}

interface Place {
  readonly offset: number;
  readonly size: number;
}
export const nameOf = ({ offset, size }: Place): string => `${offset} ${size}`;

/** Where a store goes, if it is known to go to the frame. */
export function placeOf(facts: Facts, { dst, off, size }: Store | StoreImmediate): Place | undefined {
  const base = facts[dst];
  return base?.kind === 'stack' ? { offset: base.offset + off, size: bytesOf[size] } : undefined;
}

interface Maps {
  isOuter(name: string): boolean;
  keySize(name: string): number;
}

const MAP_LOOKUP = 1;

export function stackStores({ blocks }: Flow, starts: readonly Facts[], maps: Maps): StackStores {
  const stores: Place[] = [];
  const keys: Place[] = [];
  for (const [number, { steps }] of blocks.entries()) {
    let facts = starts[number] ?? [];
    for (const step of steps) {
      const { instruction } = step;
      if (instruction.op === 'st' || instruction.op === 'stx') {
        const place = placeOf(facts, instruction);
        if (place !== undefined) stores.push(place);
      }
      const [, map, key] = facts;
      const isLookup = instruction.op === 'call' && instruction.helper === MAP_LOOKUP;
      if (isLookup && map?.kind === 'map' && key?.kind === 'stack')
        keys.push({ offset: key.offset, size: maps.keySize(map.name) });
      facts = advance(facts, step, maps.isOuter);
    }
  }
  const isOfKey = ({ offset, size }: Place) =>
    keys.some((key) => key.offset <= offset && offset + size <= key.offset + key.size);
  return {
    ends: new Set(stores.flatMap(({ offset, size }) => [offset, offset + size])),
    ofKeys: new Set(stores.filter(isOfKey).map(nameOf)),
  };
}
