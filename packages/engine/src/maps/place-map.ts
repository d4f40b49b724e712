// Room for a map in linear memory, and its state when nothing is in it.

import type { MapSpec } from '@twinpath/ebpf';
import { EngineError } from '../engine-error.ts';
import type { Arena } from '../memory/arena.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';
import type { Geometry } from './known-map.ts';
import {
  ELEMENT,
  elementBytes,
  HEADER,
  HEADER_BYTES,
  layoutOf,
  type MapShape,
  NODE,
  nodeBytes,
  RING_HEADER_BYTES,
  slotBytes,
  strideOf,
} from './shape.ts';

/**
 * Elements beyond maxEntries: one that is let go is not used again before so many others, so that whoever still has its
 * address, on this thread or another, goes on seeing what it held.
 */
const SPARE = 64;
const LARGEST = 2 ** 31;

interface Plan {
  readonly bytes: number;
  readonly mask: number;
  readonly capacity: number;
  /** Offsets from the map's address. */
  readonly buckets: number;
  readonly elements: number;
}

function planOf(shape: MapShape, maxEntries: number): Plan {
  const flat = { mask: 0, capacity: 0, buckets: 0, elements: HEADER_BYTES };
  switch (layoutOf(shape.type)) {
    case 'array':
      return { ...flat, bytes: HEADER_BYTES + maxEntries * strideOf(shape) * shape.cpus };
    case 'slots':
      return { ...flat, bytes: HEADER_BYTES + maxEntries * slotBytes(shape) };
    case 'hash': {
      const buckets = 2 ** Math.ceil(Math.log2(Math.max(maxEntries, 2)));
      const capacity = maxEntries + SPARE;
      // Elements begin at a cache line.
      const elements = Math.ceil((HEADER_BYTES + 4 * buckets) / 64) * 64;
      const bytes = elements + capacity * elementBytes(shape);
      return { bytes, mask: buckets - 1, capacity, buckets: HEADER_BYTES, elements };
    }
    case 'trie': {
      const capacity = 2 * maxEntries + SPARE;
      return { ...flat, bytes: HEADER_BYTES + capacity * nodeBytes(shape), capacity };
    }
    case 'ring':
      return { ...flat, bytes: RING_HEADER_BYTES + 2 * maxEntries };
  }
}

/** @throws EngineError when the spec is impossible, or the memory too small. */
export function placeMap(
  memory: LinearMemory,
  arena: Arena,
  spec: MapSpec,
  shape: MapShape,
  shapeNumber: number,
): Geometry {
  check(spec);
  const plan = planOf(shape, spec.maxEntries);
  const base = plan.bytes < LARGEST ? arena.allocate(plan.bytes, `map "${spec.name}" (${spec.type})`) : tooLarge(spec);
  memory.bytes.fill(0, base, base + plan.bytes);
  const geometry = {
    base,
    maxEntries: spec.maxEntries,
    mask: plan.mask,
    capacity: plan.capacity,
    buckets: base + plan.buckets,
    elements: base + plan.elements,
  };
  memory.setU32(base + HEADER.shape, shapeNumber);
  for (const name of ['maxEntries', 'mask', 'capacity', 'buckets', 'elements'] as const) {
    memory.setU32(base + HEADER[name], geometry[name]);
  }
  const layout = layoutOf(spec.type);
  if (layout === 'hash') {
    for (let bucket = 0; bucket <= plan.mask; bucket++) memory.setU32(geometry.buckets + 4 * bucket, 2 * bucket + 1);
    linkFree(memory, geometry, elementBytes(shape), ELEMENT.nextFree);
  }
  if (layout === 'trie') linkFree(memory, geometry, nodeBytes(shape), NODE.state);
  return geometry;
}

/** Puts every element into the list of free ones. */
function linkFree(memory: LinearMemory, { base, elements, capacity }: Geometry, bytes: number, link: number): void {
  const last = elements + (capacity - 1) * bytes;
  for (let at = elements; at < last; at += bytes) memory.setU32(at + link, at + bytes);
  memory.setU32(base + HEADER.freeFirst, elements);
  memory.setU32(base + HEADER.freeLast, last);
}

function check({ name, type, keySize, valueSize, maxEntries }: MapSpec): void {
  const refuse = (what: string, hint: string): never => {
    throw new EngineError(`map "${name}" (${type}) with ${what}`, hint);
  };
  if (!Number.isInteger(maxEntries) || maxEntries < 1) refuse(`${maxEntries} entries`, 'maps have at least one entry');
  const layout = layoutOf(type);
  if (layout === 'ring') {
    const isPower = (maxEntries & (maxEntries - 1)) === 0 && maxEntries >= 4096;
    if (!isPower) refuse(`${maxEntries} bytes`, 'rings have a power of two of bytes, at least 4096');
    return;
  }
  if ((layout === 'array' || layout === 'slots') && keySize !== 4) refuse(`keys of ${keySize} bytes`, 'indexes have 4');
  if (layout === 'trie' && keySize < 5) refuse(`keys of ${keySize} bytes`, 'a trie needs a length and an address');
  if (keySize < 1 || valueSize < 1) refuse(`keys of ${keySize} and values of ${valueSize} bytes`, 'both have some');
}

function tooLarge({ name, maxEntries }: MapSpec): never {
  throw new EngineError(`map "${name}" with ${maxEntries} entries is larger than 2 GiB`, 'declare fewer entries');
}
