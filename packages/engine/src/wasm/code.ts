import type { Expr, Local, ValueType } from './expressions.ts';
import { unsigned } from './leb128.ts';

export const typeCodes: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f64: 0x7c };
const NO_RESULT = 0x40;

/** An open block, loop or `if`: what branches name. */
export interface Label {
  /** Nesting at which it was opened. */
  readonly depth: number;
}

/** A place in the code and what it stands for there. */
export interface Mark {
  /** Bytes from the start of the body. */
  readonly at: number;
  readonly slot: number;
}

/** The body of one function, written front to back. */
export class Code {
  readonly #bytes: number[] = [];
  readonly #locals: ValueType[] = [];
  readonly #parameters: number;
  readonly #marks: Mark[] = [];
  readonly #taken: Local[] = [];
  readonly #spare: Local[] = [];
  #depth = 0;

  constructor(parameters: number) {
    this.#parameters = parameters;
  }

  /** A variable: 0 at first, or what its last user left after {@link recycle}. */
  local(type: ValueType): Local {
    const index = this.#spare.findLastIndex((one) => this.#locals[one - this.#parameters] === type);
    const local = this.#spare.splice(index, index < 0 ? 0 : 1)[0] ?? this.#parameters + this.#locals.push(type) - 1;
    this.#taken.push(local);
    return local;
  }

  /** Locals that have been taken so far, for {@link recycle}. */
  get taken(): number {
    return this.#taken.length;
  }

  /** Lets later code use the locals that were taken since: compilers pay for each at every branch. */
  recycle(since: number): void {
    this.#spare.push(...this.#taken.splice(since));
  }

  /** Adds statements. */
  add(...statements: readonly Expr[]): void {
    for (const statement of statements) for (const byte of statement) this.#bytes.push(byte);
  }

  set(local: Local, value: Expr): void {
    this.add(value, [0x21, ...unsigned(local)]);
  }

  /** Value into a new local. */
  keep(type: ValueType, value: Expr): Local {
    const local = this.local(type);
    this.set(local, value);
    return local;
  }

  drop(value: Expr): void {
    this.add(value, [0x1a]);
  }

  openBlock(): Label {
    return this.#open(0x02);
  }

  /** Branches to a loop go to its beginning. */
  openLoop(): Label {
    return this.#open(0x03);
  }

  openIf(condition: Expr): Label {
    this.add(condition);
    return this.#open(0x04);
  }

  otherwise(): void {
    this.#bytes.push(0x05);
  }

  close(): void {
    this.#bytes.push(0x0b);
    this.#depth--;
  }

  block(body: (label: Label) => void): void {
    body(this.openBlock());
    this.close();
  }

  loop(body: (label: Label) => void): void {
    body(this.openLoop());
    this.close();
  }

  if(condition: Expr, then: () => void, otherwise?: () => void): void {
    this.openIf(condition);
    then();
    if (otherwise !== undefined) {
      this.otherwise();
      otherwise();
    }
    this.close();
  }

  br(label: Label): void {
    this.#bytes.push(0x0c, ...this.#distance(label));
  }

  brIf(label: Label, condition: Expr): void {
    this.add(condition);
    this.#bytes.push(0x0d, ...this.#distance(label));
  }

  /** To the label at `index`; the last one stands for everything behind it. */
  brTable(index: Expr, labels: readonly Label[]): void {
    this.add(index);
    this.#bytes.push(0x0e, ...unsigned(labels.length - 1), ...labels.flatMap((label) => this.#distance(label)));
  }

  return(...values: readonly Expr[]): void {
    this.add(...values, [0x0f]);
  }

  unreachable(): void {
    this.#bytes.push(0x00);
  }

  /** What follows belongs to this slot of the program. */
  mark(slot: number): void {
    this.#marks.push({ at: this.#bytes.length, slot });
  }

  /** The body as the code section holds it, without its size. */
  finish(): { readonly bytes: Uint8Array; readonly marks: readonly Mark[] } {
    const locals = [
      ...unsigned(this.#locals.length),
      ...this.#locals.flatMap((type) => [...unsigned(1), typeCodes[type]]),
    ];
    const bytes = new Uint8Array(locals.length + this.#bytes.length + 1);
    bytes.set(locals);
    bytes.set(this.#bytes, locals.length);
    bytes[bytes.length - 1] = 0x0b;
    return { bytes, marks: this.#marks.map(({ at, slot }) => ({ at: at + locals.length, slot })) };
  }

  #open(code: number): Label {
    this.#bytes.push(code, NO_RESULT);
    return { depth: this.#depth++ };
  }

  #distance({ depth }: Label): number[] {
    return unsigned(this.#depth - 1 - depth);
  }
}
