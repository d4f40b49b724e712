import type { Hook } from '../ir/types.ts';
import { type ContextField, contextFields } from './context-fields.ts';
import { Fault } from './fault.ts';

/** Fields of the hook's context by the kernel's names (`ingress_ifindex`, `mark`; `cb0` to `cb4`), 32 bits each. */
export type ContextValues = Readonly<Record<string, number>>;

export class Context {
  readonly #hook: Hook;
  readonly #values: Map<string, number>;

  /** Fields that are not given read as 0. */
  constructor(hook: Hook, values: ContextValues) {
    this.#hook = hook;
    const names = new Set([...contextFields[hook].values()].map(({ name }) => name));
    for (const name of Object.keys(values)) {
      if (!names.has(name))
        throw new RangeError(`the context of ${hook} has no field ${name}; it has ${[...names].join(', ')}`);
    }
    this.#values = new Map(Object.entries(values));
  }

  load(offset: number, width: number): bigint {
    return BigInt((this.#values.get(this.#field(offset, width).name) ?? 0) >>> 0);
  }

  store(offset: number, width: number, value: bigint): void {
    const { name, writable } = this.#field(offset, width);
    if (!writable)
      throw new Fault(`store to field ${name} of the context`, `On ${this.#hook} programs may only read it.`);
    this.#values.set(name, Number(BigInt.asUintN(32, value)));
  }

  /** What a helper changes, whether programs may or not. */
  put(name: string, value: number): void {
    this.#values.set(name, value);
  }

  get(name: string): number {
    return this.#values.get(name) ?? 0;
  }

  values(): ContextValues {
    return Object.fromEntries(this.#values);
  }

  #field(offset: number, width: number): ContextField {
    const field = contextFields[this.#hook].get(offset);
    if (field === undefined)
      throw new Fault(
        `the context of ${this.#hook} has no field at offset ${offset}`,
        'Packet addresses come from packet-start.',
      );
    if (width !== 32)
      throw new Fault(
        `access of ${width} bits to field ${field.name} of the context`,
        'Fields of the context are 32 bits wide.',
      );
    return field;
  }
}
