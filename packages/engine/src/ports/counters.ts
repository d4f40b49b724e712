import type { LinearMemory } from '../memory/linear-memory.ts';
import type { PortImage } from './port-image.ts';

/** Cells of one writer that any thread can read: doubles, exact up to 2^53. */
export class Counters<Name extends string> {
  readonly #cells: Float64Array;
  readonly #names: readonly Name[];

  constructor({ memory }: LinearMemory, address: number, names: readonly Name[]) {
    this.#cells = new Float64Array(memory.buffer, address, names.length);
    this.#names = names;
  }

  add(cell: number, count: number): void {
    this.#cells[cell] = (this.#cells[cell] ?? 0) + count;
  }

  get(cell: number): number {
    return this.#cells[cell] ?? 0;
  }

  read(): Readonly<Record<Name, number>> {
    const pairs = this.#names.map((name, index) => [name, this.#cells[index] ?? 0]);
    return Object.fromEntries(pairs);
  }
}

/** Of a port, in frames. `filled`: handed over to be received into. `completed`: sent, and back. `full`: not sent, for the ring was. */
export const portCounters = ['received', 'sent', 'completed', 'full', 'filled'] as const;
export type PortCounter = (typeof portCounters)[number];
export const RECEIVED = 0;
export const SENT = 1;
export const COMPLETED = 2;
export const FULL = 3;
export const FILLED = 4;

/** Any thread may read them at any time. */
export const readPortCounters = (
  memory: LinearMemory,
  { counters }: PortImage,
): Readonly<Record<PortCounter, number>> => new Counters(memory, counters, portCounters).read();

/**
 * Of a worker: what became of each frame that was received. `passed`: meant for the host, and sent to the port for that.
 * `lost`: for a port that is not there, or whose ring is full. `broadcast`: sent as so many `copies`; `uncopied` did not go.
 * `cloned`: made by bpf_clone_redirect; what became of these is counted, too.
 */
export const verdictCounters = [
  'sent',
  'dropped',
  'aborted',
  'passed',
  'lost',
  'broadcast',
  'copies',
  'uncopied',
  'cloned',
] as const;
export type VerdictCounter = (typeof verdictCounters)[number];
export const VERDICT = {
  sent: 0,
  dropped: 1,
  aborted: 2,
  passed: 3,
  lost: 4,
  broadcast: 5,
  copies: 6,
  uncopied: 7,
  cloned: 8,
} as const;

export const countersBytes = (names: readonly string[]): number => 8 * names.length;
