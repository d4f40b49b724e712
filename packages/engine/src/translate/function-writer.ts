import { keyAt, keyInPieces, type MapKey } from '../maps/map-key.ts';
import { STACK_FRAME, STATE } from '../memory/cpu-state.ts';
import { type TrapReason, trapNumber } from '../memory/trap.ts';
import { Code } from '../wasm/code.ts';
import { call, type Expr, get, i32, i64, type Local } from '../wasm/expressions.ts';
import { checkAccess } from './check-access.ts';
import type { Step } from './decode.ts';
import type { Facts } from './facts.ts';
import type { ProgramTranslation } from './program.ts';
import { localOf, OTHER_REGISTERS, PARAMETERS, r, w } from './registers.ts';
import { nameOf, placeOf, type StackStores } from './stack-stores.ts';

/** One function of a program while its code is written. */
export class FunctionWriter {
  readonly program: ProgramTranslation;
  readonly code = new Code(PARAMETERS);
  /** What is known of the registers in front of the next instruction. */
  facts: Facts = [];
  /** i32: the lowest byte of this function's stack frame. */
  readonly #stack: Local;
  readonly #stores: StackStores;
  /** Locals for what is stored to places of keys. */
  readonly #locals: ReadonlyMap<string, Local>;
  /** What lies at such places, by their distance from the top of the frame. */
  readonly #stored = new Map<number, { readonly size: number; readonly local: Local }>();

  constructor(program: ProgramTranslation, stores: StackStores) {
    this.program = program;
    this.#stores = stores;
    for (let register = 0; register < OTHER_REGISTERS; register++) this.code.local('i64');
    this.#stack = this.code.keep('i32', i32.sub(w(10), i32.const(STACK_FRAME)));
    this.#locals = new Map([...stores.ofKeys].map((store) => [store, this.code.local('i64')]));
  }

  /** Sets a register. */
  set(register: number, value: Expr): void {
    this.code.set(localOf(register), value);
  }

  /** Where `size` bytes at a register plus `off` lie: an i32 address and an offset for the access. */
  place(register: number, off: number, size: number, write: boolean): readonly [address: Expr, offset: number] {
    if (register === 10 && off >= -STACK_FRAME && off + size <= 0) return [get(this.#stack), off + STACK_FRAME];
    if (this.program.checked) {
      return [this.#checked(i64.add(r(register), i64.const(off)), i32.const(size), write), 0];
    }
    return off >= 0 ? [w(register), off] : [i32.add(w(register), i32.const(off)), 0];
  }

  /** i32: the address in a register, of `size` (i32) bytes that a helper reads, or writes. */
  pointer(register: number, size: Expr, write = false): Expr {
    return this.program.checked ? this.#checked(r(register), size, write) : w(register);
  }

  /** The key at a register. */
  key(register: number, size: number): MapKey {
    const fact = this.facts[register];
    if (fact?.kind !== 'stack' || fact.offset < -STACK_FRAME || fact.offset + size > 0) {
      return keyAt(get(this.code.keep('i32', this.pointer(register, i32.const(size)))));
    }
    const address = i32.add(get(this.#stack), i32.const(fact.offset + STACK_FRAME));
    return keyInPieces(address, {
      isEnd: (offset) => this.#stores.ends.has(fact.offset + offset),
      stored: ({ offset, bytes }) => {
        const place = this.#stored.get(fact.offset + offset);
        return place?.size === bytes ? get(place.local) : undefined;
      },
    });
  }

  /** A block begins: who knows what was stored before. */
  forget(): void {
    this.#stored.clear();
  }

  /** Keeps what a step has stored to a place of a key, until something else may write there. */
  remember({ instruction }: Step): void {
    if (instruction.op !== 'st' && instruction.op !== 'stx') {
      if (/^(call|atomic|store)/.test(instruction.op)) this.forget();
      return;
    }
    const place = placeOf(this.facts, instruction);
    if (place === undefined) {
      this.forget();
      return;
    }
    const { offset, size } = place;
    for (const [at, other] of this.#stored) {
      if (at < offset + size && offset < at + other.size) this.#stored.delete(at);
    }
    const local = this.#locals.get(nameOf(place));
    if (local === undefined) return;
    const mask = i64.const(2n ** BigInt(8 * size) - 1n);
    this.code.set(local, i64.and(instruction.op === 'st' ? i64.const(instruction.imm) : r(instruction.src), mask));
    this.#stored.set(offset, { size, local });
  }

  /** i32: address of the context. The verifier, or nobody, made sure that a register holds it. */
  get context(): Expr {
    return i32.load(this.program.lib.cpuState, STATE.context);
  }

  /** Stops the program. */
  trap(reason: TrapReason): void {
    this.code.add(i32.store(this.program.lib.cpuState, i32.const(trapNumber(reason)), STATE.reason));
    this.code.unreachable();
  }

  /** In checked mode, pays for one round or call. */
  burn(): void {
    if (!this.program.checked) return;
    const { cpuState } = this.program.lib;
    const left = this.code.keep('i32', i32.sub(i32.load(cpuState, STATE.fuel), i32.const(1)));
    this.code.add(i32.store(cpuState, get(left), STATE.fuel));
    this.code.if(i32.lt_s(get(left), i32.const(0)), () => this.trap('fuel used up'));
  }

  /** The constant that a register is known to hold. */
  constant(register: number): number | undefined {
    const fact = this.facts[register];
    return fact?.kind === 'constant' ? fact.value : undefined;
  }

  #checked(address: Expr, size: Expr, write: boolean): Expr {
    return call(checkAccess(this.program, write), address, size);
  }
}
