// What one run has at hand besides its registers. Helpers work on this, and read their arguments through it.

import type { Hook, Program } from '../ir/types.ts';
import { Context, type ContextValues } from './context.ts';
import { createEnvironment, type Environment } from './environment.ts';
import { Fault } from './fault.ts';
import { defaultContext, Frame } from './frame.ts';
import type { EvaluatorMap } from './maps/evaluator-map.ts';
import { EvaluatorMaps } from './maps/evaluator-maps.ts';
import { RingBuffer } from './maps/ring-buffer.ts';
import { bytesFor, bytesToFill, describe, Memory, type Operand, type Pointer } from './memory.ts';

/** Where a packet goes whose program returns the hook's redirect code. `map`, `key`: an entry of a devmap, cpumap or xskmap. */
export type Redirect =
  | { readonly kind: 'interface'; readonly ifindex: number; readonly flags: bigint }
  /** To every interface of a devmap. */
  | { readonly kind: 'broadcast'; readonly map: string; readonly flags: bigint }
  | {
      readonly kind: 'map';
      readonly map: string;
      readonly key: number;
      readonly value: number;
      readonly flags: bigint;
    };

/** A copy of the packet that `clone_redirect` sent. */
export interface Clone {
  readonly ifindex: number;
  readonly packet: Uint8Array;
}

export interface Input {
  /** From the first byte of the link layer header on; copied, never changed. */
  readonly packet: Uint8Array;
  /** Bytes that lie in the linear part; all of them unless said. */
  readonly linear?: number;
  readonly context?: ContextValues;
  readonly maps?: EvaluatorMaps;
  readonly environment?: Environment;
  /** Instructions, phis excepted, until a run is taken to be endless; a million unless said. */
  readonly fuel?: number;
  /** Records every step. */
  readonly trace?: boolean;
}

export class Machine {
  readonly hook: Hook;
  readonly context: Context;
  readonly frame: Frame;
  readonly maps: EvaluatorMaps;
  readonly environment: Environment;
  /** The last redirect wins. */
  redirect: Redirect | undefined;
  /** Copies that were sent while the program ran. */
  readonly clones: Clone[] = [];
  /** The lock that is held, by its place. */
  lock: Pointer | undefined;
  /** Ring buffer records that were reserved and must be submitted or discarded. */
  readonly reserved = new Map<Memory, RingBuffer>();
  /** The kernel knows of one tunnel around a packet. */
  isTunnelled = false;
  tailCalls = 0;
  /** Where a tail call goes on. */
  next: Program | undefined;

  constructor(hook: Hook, input: Input) {
    this.hook = hook;
    this.context = new Context(hook, { ...defaultContext(hook, input.packet), ...input.context });
    this.frame = new Frame(input.packet, input.linear ?? input.packet.length);
    this.maps = input.maps ?? new EvaluatorMaps([]);
    this.environment = input.environment ?? createEnvironment();
  }
}

/** Arguments of one helper call, by position. Each kind of argument is checked as the verifier does. */
export class Arguments {
  readonly #helper: string;
  readonly #machine: Machine;
  readonly #operands: readonly Operand[];

  constructor(helper: string, machine: Machine, operands: readonly Operand[]) {
    this.#helper = helper;
    this.#machine = machine;
    this.#operands = operands;
  }

  /** Unsigned, 64 bits. */
  integer(index: number): bigint {
    const operand = this.#at(index);
    return typeof operand === 'bigint' ? operand : this.#wrong(index, 'an integer');
  }

  unsigned32(index: number): number {
    return Number(BigInt.asUintN(32, this.integer(index)));
  }

  signed32(index: number): number {
    return Number(BigInt.asIntN(32, this.integer(index)));
  }

  pointer(index: number): Pointer {
    const operand = this.#at(index);
    if (typeof operand === 'bigint') return this.#wrong(index, 'a pointer');
    this.#machine.frame.requireCurrent(operand);
    return operand;
  }

  context(index: number): void {
    const operand = this.#at(index);
    if (typeof operand === 'bigint' || operand.kind !== 'context') this.#wrong(index, 'the context');
  }

  map(index: number): EvaluatorMap {
    const map = this.#anyMap(index);
    return map instanceof RingBuffer ? this.#wrong(index, 'a map with entries') : map;
  }

  ring(index: number): RingBuffer {
    const map = this.#anyMap(index);
    return map instanceof RingBuffer ? map : this.#wrong(index, 'a ring buffer');
  }

  /** Live bytes that the helper reads. */
  bytes(index: number, size: number): Uint8Array {
    return bytesFor(this.pointer(index), size);
  }

  /** Live bytes that the helper writes. */
  room(index: number, size: number): Uint8Array {
    return bytesToFill(this.pointer(index), size);
  }

  #anyMap(index: number): EvaluatorMap | RingBuffer {
    const operand = this.#at(index);
    if (typeof operand === 'bigint' || !(operand.memory instanceof MapReference)) return this.#wrong(index, 'a map');
    if (!operand.proof.checked)
      throw new Fault(
        `${this.#helper} gets an inner map that was never compared with null`,
        'Test the result of the lookup first.',
      );
    return operand.memory.map;
  }

  #at(index: number): Operand {
    const operand = this.#operands[index];
    if (operand === undefined) throw new Fault(`${this.#helper} lacks argument ${index + 1}`, 'See bpf-helpers(7).');
    return operand;
  }

  #wrong(index: number, wanted: string): never {
    const given = this.#operands[index];
    const text = given === undefined ? 'nothing' : describe(given);
    throw new Fault(`argument ${index + 1} of ${this.#helper} is ${text}, ${wanted} is needed`, 'See bpf-helpers(7).');
  }
}

/** A map as an argument: no bytes that a program could read. */
export class MapReference extends Memory {
  readonly map: EvaluatorMap | RingBuffer;

  constructor(map: EvaluatorMap | RingBuffer) {
    super(`map "${map.spec.name}"`, new Uint8Array());
    this.map = map;
  }
}

export interface Helper {
  readonly parameters: number;
  /** Nothing as result: the register is undefined behind the call. */
  readonly run: (given: Arguments, machine: Machine) => Operand | undefined;
}

export type Helpers = Readonly<Record<string, Helper>>;
