/** What the walk needs of a builder of the compiler's IR, whose package lies above this one. All values are 64 bits wide. */
export interface WalkBuilder {
  block(): BlockId;
  slot(size: number, name: string): number;
  constant(block: BlockId, value: bigint): ValueId;
  alu(block: BlockId, operation: WalkOperation, left: ValueId, right: ValueId): ValueId;
  compare(block: BlockId, relation: 'eq' | 'ne' | 'ult' | 'ugt', left: ValueId, right: ValueId): ValueId;
  /** Zero-extended, little endian. */
  load(block: BlockId, address: ValueId, offset: number, width: 16 | 32 | 64): ValueId;
  store(block: BlockId, address: ValueId, offset: number, width: 64, value: ValueId): void;
  offset(block: BlockId, base: ValueId, by: ValueId): ValueId;
  stack(block: BlockId, slot: number): ValueId;
  phi(block: BlockId, inputs: readonly PhiInput[]): ValueId;
  completePhi(block: BlockId, phi: ValueId, inputs: readonly PhiInput[]): void;
  terminate(block: BlockId, terminator: WalkTerminator): void;
}

export type ValueId = number;
export type BlockId = number;
export type WalkOperation = 'add' | 'sub' | 'mul' | 'and' | 'or' | 'xor' | 'shl' | 'shr';

export interface PhiInput {
  readonly block: BlockId;
  readonly value: ValueId;
}

export type WalkTerminator =
  | { readonly op: 'jump'; readonly target: BlockId }
  | { readonly op: 'branch'; readonly condition: ValueId; readonly then: BlockId; readonly otherwise: BlockId };
