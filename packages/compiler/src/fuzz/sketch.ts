// A program while it is made up: what statements may use at the place where the next one goes, and how ways part and join.

import { ProgramBuilder } from '../ir/builder.ts';
import { RelocatedNumbers } from '../ir/relocated.ts';
import type { BlockId, Hook, Terminator, ValueId } from '../ir/types.ts';
import type { Random } from './random.ts';

/** Packet pointers a constant apart share an origin, and what is proven of it. */
export interface PacketPointer {
  readonly pointer: ValueId;
  readonly origin: number;
  /** Bytes from the origin to the pointer. */
  readonly at: number;
}

/** A pointer to a map's value that was compared with null. */
export interface MapValue {
  readonly pointer: ValueId;
  readonly map: string;
  /** Bytes that may be accessed. */
  readonly size: number;
}

export interface Scope {
  readonly integers: readonly ValueId[];
  readonly packets: readonly PacketPointer[];
  /** Bytes proven from each origin on. */
  readonly proven: ReadonlyMap<number, number>;
  readonly values: readonly MapValue[];
  readonly epoch: number;
}

interface End {
  readonly block: BlockId;
  readonly scope: Scope;
}

export class Sketch {
  readonly builder: ProgramBuilder;
  readonly random: Random;
  readonly hook: Hook;
  readonly numbers = new RelocatedNumbers();
  block: BlockId;
  scope: Scope = { integers: [], packets: [], proven: new Map(), values: [], epoch: 0 };
  /** The way ended: it returned, or left a loop. */
  ended = false;
  /** Statements that may still be made. */
  budget: number;
  loops = 0;
  forks = 0;
  #origins = 0;
  #epochs = 0;

  constructor(name: string, hook: Hook, random: Random, budget: number) {
    this.builder = new ProgramBuilder(name, hook);
    this.block = this.builder.entry;
    this.random = random;
    this.hook = hook;
    this.budget = budget;
  }

  /** An integer that is there, or a new constant. Recent ones are likelier. */
  integer(): ValueId {
    const { integers } = this.scope;
    if (integers.length === 0 || this.random.chance(0.2)) return this.constant(this.random.constant());
    const recent = integers.slice(-6);
    return this.random.pick(this.random.chance(0.6) ? recent : integers);
  }

  constant(value: bigint): ValueId {
    return this.builder.constant(this.block, value);
  }

  /** The statement's result: later ones may use it. */
  define(value: ValueId): ValueId {
    this.scope = { ...this.scope, integers: [...this.scope.integers, value] };
    return value;
  }

  /** An integer from 0 to `mask`, which is one less than a power of two. */
  masked(mask: number): ValueId {
    return this.builder.alu(this.block, 'and', this.integer(), this.constant(BigInt(mask)));
  }

  addPacket(pointer: ValueId, origin = this.newOrigin(), at = 0): PacketPointer {
    const added = { pointer, origin, at };
    this.scope = { ...this.scope, packets: [...this.scope.packets, added] };
    return added;
  }

  newOrigin(): number {
    return this.#origins++;
  }

  prove(origin: number, bytes: number): void {
    const proven = new Map(this.scope.proven);
    proven.set(origin, Math.max(bytes, proven.get(origin) ?? 0));
    this.scope = { ...this.scope, proven };
  }

  /** Bytes that may be accessed from the pointer on. */
  reach({ origin, at }: PacketPointer): number {
    return (this.scope.proven.get(origin) ?? 0) - at;
  }

  addValue(value: MapValue): void {
    this.scope = { ...this.scope, values: [...this.scope.values, value] };
  }

  /** Entries of the map may be others now. */
  dropValues(map: string): void {
    this.scope = { ...this.scope, values: this.scope.values.filter((value) => value.map !== map) };
  }

  /** The packet moved. */
  beginEpoch(): void {
    this.scope = { ...this.scope, packets: [], epoch: ++this.#epochs };
  }

  terminate(terminator: Terminator): void {
    this.builder.terminate(this.block, terminator);
  }

  /** Ends the block with a branch; both arms are made; what does not end goes on together. */
  fork(branch: (then: BlockId, otherwise: BlockId) => Terminator, thenArm: () => void, otherwiseArm: () => void): void {
    const [then, otherwise] = [this.builder.block(), this.builder.block()];
    this.terminate(branch(then, otherwise));
    const before = this.scope;
    this.forks++;
    const ends = [this.#arm(then, before, thenArm), this.#arm(otherwise, before, otherwiseArm)].filter(
      (end) => end !== undefined,
    );
    this.forks--;
    this.#join(before, ends);
  }

  #arm(block: BlockId, before: Scope, arm: () => void): End | undefined {
    this.block = block;
    this.scope = before;
    this.ended = false;
    arm();
    return this.ended ? undefined : { block: this.block, scope: this.scope };
  }

  #join(before: Scope, ends: readonly End[]): void {
    const [first, second] = ends;
    this.ended = first === undefined;
    if (first === undefined) return;
    if (second === undefined) {
      this.block = first.block;
      this.scope = first.scope;
      return;
    }
    const joined = this.builder.block();
    for (const { block } of ends) this.builder.terminate(block, { op: 'jump', target: joined });
    this.block = joined;
    this.scope = this.#merge(before, first, second);
    this.#phis(first, second);
    if (this.scope.epoch === before.epoch) this.#pointerPhi(first, second);
    else this.beginEpoch();
  }

  /** What held before and holds on both ways. */
  #merge(before: Scope, { scope: left }: End, { scope: right }: End): Scope {
    const moved = left.epoch !== before.epoch || right.epoch !== before.epoch;
    const least = (origin: number) => Math.min(left.proven.get(origin) ?? 0, right.proven.get(origin) ?? 0);
    return {
      integers: before.integers,
      packets: moved ? [] : before.packets,
      proven: new Map([...left.proven.keys()].map((origin) => [origin, least(origin)])),
      values: before.values.filter((value) => left.values.includes(value) && right.values.includes(value)),
      epoch: moved ? -1 : before.epoch,
    };
  }

  #phis(left: End, right: End): void {
    const count = this.random.integer(0, 3);
    for (let made = 0; made < count; made++) {
      const [a, b] = [left, right].map(({ scope }) => scope.integers.slice(-8));
      if (a === undefined || b === undefined || a.length === 0 || b.length === 0) return;
      this.define(this.#phi(left, this.random.pick(a), right, this.random.pick(b)));
    }
  }

  #phi(left: End, a: ValueId, right: End, b: ValueId): ValueId {
    const inputs = [
      { block: left.block, value: a },
      { block: right.block, value: b },
    ];
    return this.builder.phi(this.block, inputs, this.builder.typeOf(a));
  }

  #pointerPhi(left: End, right: End): void {
    if (!this.random.chance(0.3)) return;
    const usable = (end: End) => end.scope.packets.filter(({ origin, at }) => (end.scope.proven.get(origin) ?? 0) > at);
    const [as, bs] = [usable(left), usable(right)];
    if (as.length > 0 && bs.length > 0) {
      const [a, b] = [this.random.pick(as), this.random.pick(bs)];
      const reach = (end: End, { origin, at }: PacketPointer) => (end.scope.proven.get(origin) ?? 0) - at;
      const { origin } = this.addPacket(this.#phi(left, a.pointer, right, b.pointer));
      this.prove(origin, Math.min(reach(left, a), reach(right, b)));
    }
    for (const a of left.scope.values) {
      const b = right.scope.values.find((one) => one.map === a.map && one.pointer !== a.pointer);
      const isLocal = !this.scope.values.includes(a);
      if (b === undefined || !isLocal) continue;
      this.addValue({
        pointer: this.#phi(left, a.pointer, right, b.pointer),
        map: a.map,
        size: Math.min(a.size, b.size),
      });
      return;
    }
  }
}
