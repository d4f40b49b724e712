import { EngineError } from '../engine-error.ts';

const ALIGNMENT = 64;
const align = (value: number, to: number): number => Math.ceil(value / to) * to;

/** Addresses of linear memory, given out and taken back. First fit; neighbours that are free become one. */
export class Arena {
  readonly #end: number;
  /** Free ranges by address. */
  #free: { readonly at: number; readonly size: number }[];
  readonly #taken = new Map<number, number>();

  constructor(start: number, end: number) {
    this.#end = end;
    this.#free = [{ at: start, size: end - start }];
  }

  /** Bytes that are not given out. */
  get available(): number {
    return this.#free.reduce((sum, { size }) => sum + size, 0);
  }

  /** `what` names the use in errors. The bytes are what an earlier user left. @throws EngineError when nothing is left. */
  allocate(bytes: number, what: string, alignment = ALIGNMENT): number {
    const size = align(Math.max(bytes, 1), ALIGNMENT);
    for (const [index, range] of this.#free.entries()) {
      const at = align(range.at, alignment);
      const end = range.at + range.size;
      if (at + size > end) continue;
      const rest = [
        { at: range.at, size: at - range.at },
        { at: at + size, size: end - at - size },
      ].filter((one) => one.size > 0);
      this.#free.splice(index, 1, ...rest);
      this.#taken.set(at, size);
      return at;
    }
    throw new EngineError(
      `${what} needs ${bytes} bytes, which the engine's memory of ${this.#end} does not have in one piece`,
      'give the engine more memory when it is made: it never grows',
    );
  }

  free(address: number): void {
    const size = this.#taken.get(address);
    if (size === undefined) throw new RangeError(`nothing was allocated at ${address}`);
    this.#taken.delete(address);
    const ranges = [...this.#free, { at: address, size }].sort((a, b) => a.at - b.at);
    const joined: { at: number; size: number }[] = [];
    for (const { at, size: bytes } of ranges) {
      const last = joined.at(-1);
      if (last !== undefined && last.at + last.size === at) last.size += bytes;
      else joined.push({ at, size: bytes });
    }
    this.#free = joined;
  }
}
