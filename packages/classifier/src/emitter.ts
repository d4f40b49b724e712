import type { BlockId, ValueId, WalkBuilder, WalkOperation } from './walk-builder.ts';

/** A builder with a current block, and operations whose right side is a constant. */
export class Emitter {
  readonly #builder: WalkBuilder;
  block: BlockId;

  constructor(builder: WalkBuilder, block: BlockId) {
    this.#builder = builder;
    this.block = block;
  }

  constant(value: number | bigint): ValueId {
    return this.#builder.constant(this.block, BigInt(value));
  }

  alu(left: ValueId, operation: WalkOperation, right: ValueId): ValueId {
    return this.#builder.alu(this.block, operation, left, right);
  }

  /** With a constant on the right. */
  by(left: ValueId, operation: WalkOperation, right: number): ValueId {
    return this.alu(left, operation, this.constant(right));
  }

  load(address: ValueId, offset: number, width: 16 | 32 | 64): ValueId {
    return this.#builder.load(this.block, address, offset, width);
  }

  /** Loads from `base + by + offset`. */
  loadAt(base: ValueId, by: ValueId, offset: number, width: 16 | 32 | 64): ValueId {
    return this.load(this.offset(base, by), offset, width);
  }

  offset(base: ValueId, by: ValueId): ValueId {
    return this.#builder.offset(this.block, base, by);
  }

  /** A slot filled with these values, 8 bytes each. */
  filledSlot(name: string, values: readonly ValueId[]): ValueId {
    const address = this.#builder.stack(this.block, this.#builder.slot(8 * values.length, name));
    for (const [index, value] of values.entries()) this.#builder.store(this.block, address, 8 * index, 64, value);
    return address;
  }

  newBlock(): BlockId {
    return this.#builder.block();
  }

  jump(target: BlockId): void {
    this.#builder.terminate(this.block, { op: 'jump', target });
  }

  /** Branches on the comparison; goes on in `then`. */
  branch(
    left: ValueId,
    relation: 'eq' | 'ne' | 'ult' | 'ugt',
    right: ValueId,
    then: BlockId,
    otherwise: BlockId,
  ): void {
    const condition = this.#builder.compare(this.block, relation, left, right);
    this.#builder.terminate(this.block, { op: 'branch', condition, then, otherwise });
  }

  /** A value that changes in a loop; `again` says what it is at the end of a round. */
  loop(header: BlockId, first: ValueId): { readonly value: ValueId; again(next: ValueId): void } {
    const inputs = [{ block: this.block, value: first }];
    const value = this.#builder.phi(header, inputs);
    const again = (next: ValueId) => {
      this.#builder.completePhi(header, value, [...inputs, { block: this.block, value: next }]);
    };
    return { value, again };
  }

  /** The value by way of coming; `ways` are the predecessors. */
  join(block: BlockId, ways: readonly { readonly block: BlockId; readonly value: ValueId }[]): ValueId {
    return this.#builder.phi(block, ways);
  }
}
