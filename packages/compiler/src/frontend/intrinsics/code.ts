// Instructions at the end of one path. A number stands for the constant; nothing here knows of the author's values.
import type { AluOperation, Region, Relation, ValueId, ValueType, Width } from '../../ir/types.ts';
import type { Lowering } from '../lowering.ts';
import type { Path } from '../path.ts';

type Operand = ValueId | { readonly constant: bigint };

/** A constant operand, told apart from a register by its type. */
export const n = (value: number | bigint): Operand => ({ constant: BigInt(value) });

export class Code {
  readonly lowering: Lowering;
  readonly path: Path;

  constructor(lowering: Lowering, path: Path) {
    this.lowering = lowering;
    this.path = path;
  }

  on(path: Path): Code {
    return new Code(this.lowering, path);
  }

  id(operand: Operand): ValueId {
    return typeof operand === 'number' ? operand : this.lowering.constant(this.path, operand.constant);
  }

  /** The index of an interface. */
  interface(ifindex: number): ValueId {
    return this.lowering.relocation(this.path, 'interface', BigInt(ifindex), 32);
  }

  /** By which programs know packets of the slow path. */
  key(): ValueId {
    return this.lowering.relocation(this.path, 'key', BigInt(this.lowering.target.key), 32);
  }

  alu(operation: AluOperation, left: Operand, right: Operand): ValueId {
    return this.lowering.builder.alu(this.path.block, operation, this.id(left), this.id(right));
  }

  compare(relation: Relation, left: Operand, right: Operand): ValueId {
    return this.lowering.builder.compare(this.path.block, relation, this.id(left), this.id(right));
  }

  truncate(value: ValueId, width: 8 | 16 | 32): ValueId {
    return this.lowering.builder.truncate(this.path.block, value, width);
  }

  swap(value: ValueId, width: 16 | 32 | 64): ValueId {
    return this.lowering.builder.swap(this.path.block, value, width);
  }

  load(address: ValueId, offset: number, width: Width): ValueId {
    return this.lowering.builder.load(this.path.block, address, offset, width);
  }

  /** Of what others write at any time. */
  loadVolatile(address: ValueId, offset: number, width: Width): ValueId {
    return this.lowering.builder.loadVolatile(this.path.block, address, offset, width);
  }

  /** In a map's value. Gives what was there. */
  atomicAdd(address: ValueId, offset: number, amount: Operand): ValueId {
    const { builder } = this.lowering;
    return builder.atomic(this.path.block, 'add', { address, offset, width: 64 }, this.id(amount));
  }

  /** A big-endian field as a host number. */
  loadNetwork(address: ValueId, offset: number, width: 16 | 32 | 64): ValueId {
    return this.swap(this.load(address, offset, width), width);
  }

  store(address: ValueId, offset: number, width: Width, value: Operand): void {
    this.lowering.builder.store(this.path.block, address, offset, width, this.id(value));
  }

  offset(base: ValueId, by: Operand): ValueId {
    return this.lowering.builder.offset(this.path.block, base, this.id(by));
  }

  context(offset: number): ValueId {
    return this.load(this.lowering.builder.context, offset, 32);
  }

  packetStart(): ValueId {
    return this.lowering.builder.packetStart(this.path.block, this.path.epoch);
  }

  packetEnd(): ValueId {
    return this.lowering.builder.packetEnd(this.path.block, this.path.epoch);
  }

  map(name: string): ValueId {
    return this.lowering.builder.map(this.path.block, name);
  }

  mapValue(name: string, offset: number, region?: Region): ValueId {
    return this.lowering.builder.mapValue(this.path.block, name, offset, region);
  }

  call(helper: string, operands: readonly Operand[], result?: ValueType): ValueId {
    const ids = operands.map((operand) => this.id(operand));
    return this.lowering.builder.call(this.path.block, helper, ids, result);
  }

  /** A stack slot of its own and its address. */
  slot(size: number, name: string): ValueId {
    const { builder } = this.lowering;
    return builder.stack(this.path.block, builder.slot(size, name));
  }

  /** The element, or null, of a map's lookup. */
  lookup(map: string, key: ValueId): ValueId {
    return this.call('map_lookup_elem', [this.map(map), key], { kind: 'pointer', region: `value ${map}` });
  }

  /** The paths behind `left relation right`. */
  when(relation: Relation, left: Operand, right: Operand, likely?: 'then' | 'otherwise') {
    const { then, otherwise } = this.lowering.split(this.path, this.compare(relation, left, right), likely);
    return { then: this.on(then), otherwise: this.on(otherwise) };
  }

  /** The paths behind the check that `size` bytes at `pointer` are in the packet. */
  whenInPacket(pointer: ValueId, size: number) {
    const { then, otherwise } = this.lowering.splitInPacket(this.path, pointer, size);
    return { then: this.on(then), otherwise: this.on(otherwise) };
  }
}
