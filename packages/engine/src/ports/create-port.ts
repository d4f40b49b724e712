import type { Engine } from '../engine.ts';
import { countersBytes, portCounters, verdictCounters } from './counters.ts';
import type { DeviceImage, PortImage } from './port-image.ts';
import type { RingPlace, RingPlaces } from './ring.ts';

export interface NewPort {
  readonly number: number;
  readonly name: string;
  /** Default 0. */
  readonly queue?: number;
  /** 1 to 254, its own among the ports of the pool. */
  readonly slot: number;
  /** Entries of each ring, a power of two; default 1024. */
  readonly ringSize?: number;
  readonly device: DeviceImage;
}

const DEFAULT_RING = 1024;
/** Producer, consumer and flags, each on a cache line of its own. */
const RING_HEADER = 192;
const DESCRIPTOR_BYTES = 16;

/** A port whose rings are ordinary memory: for all devices but AF_XDP. On the thread that made the engine. */
export function createPort(engine: Engine, port: NewPort): PortImage {
  const { number, name, queue = 0, slot, ringSize = DEFAULT_RING, device } = port;
  if ((ringSize & (ringSize - 1)) !== 0) throw new RangeError(`rings of ${ringSize} entries: a power of two is wanted`);
  const ring = () => createRing(engine, name, ringSize);
  const rings: RingPlaces = { rx: ring(), tx: ring(), fill: ring(), completion: ring() };
  return { number, name, queue, slot, rings, counters: createCounters(engine, portCounters), device };
}

/** When no thread works on it, and the pool has its frames back. */
export function freePort(engine: Engine, { rings, counters }: PortImage): void {
  for (const { producer } of Object.values(rings)) engine.free(producer);
  engine.free(counters);
}

/** Those of a forwarder. */
export const createVerdictCounters = (engine: Engine): number => createCounters(engine, verdictCounters);

export function createCounters(engine: Engine, names: readonly string[]): number {
  const address = engine.allocate(countersBytes(names), 'counters');
  engine.memory.bytes.fill(0, address, address + countersBytes(names));
  return address;
}

function createRing(engine: Engine, name: string, size: number): RingPlace {
  const bytes = RING_HEADER + size * DESCRIPTOR_BYTES;
  const producer = engine.allocate(bytes, `a ring of port "${name}"`);
  engine.memory.bytes.fill(0, producer, producer + bytes);
  return { producer, consumer: producer + 64, flags: producer + 128, entries: producer + RING_HEADER, size };
}
