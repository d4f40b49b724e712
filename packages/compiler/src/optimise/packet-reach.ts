import type { Ranges } from '../ir/ranges.ts';
import type { BlockId, Instruction, Program, ValueId } from '../ir/types.ts';

type Offset = Extract<Instruction, { op: 'offset' }>;

/** MAX_PACKET_OFF: the verifier follows a packet pointer no further than this from the packet's start. */
const FARTHEST = 0xffffn;

/** How far packet pointers are from the packet's start, and how far behind themselves they are used. */
export class PacketReach {
  readonly #program: Program;
  readonly #definitions: ReadonlyMap<ValueId, Instruction>;
  readonly #proved: Ranges;
  readonly #used = new Map<ValueId, bigint>();
  readonly #blocks = new Map<Instruction, BlockId>();

  constructor(program: Program, definitions: ReadonlyMap<ValueId, Instruction>, proved: Ranges) {
    this.#program = program;
    this.#definitions = definitions;
    this.#proved = proved;
    this.#measureUses();
  }

  /** The greatest variable part of an offset with which all uses of its result stay in reach. */
  left(offset: Offset): bigint {
    return FARTHEST - this.#start(offset.base, 0) - (this.#used.get(offset.result) ?? 0n);
  }

  /** Whether a pointer is another one plus constants. */
  leadsTo(from: ValueId, to: ValueId): boolean {
    if (from === to) return true;
    const definition = this.#definitions.get(to);
    if (definition?.op !== 'offset' || this.#constant(definition.by) === undefined) return false;
    return this.leadsTo(from, definition.base);
  }

  #constant(value: ValueId): bigint | undefined {
    const definition = this.#definitions.get(value);
    return definition?.op === 'constant' ? definition.value : undefined;
  }

  /** The greatest distance of a pointer itself from the packet's start. A phi's is taken as 0: the verifier sees each way alone. */
  #start(pointer: ValueId, depth: number): bigint {
    const definition = this.#definitions.get(pointer);
    if (definition?.op !== 'offset' || depth > 16) return 0n;
    const constant = this.#constant(definition.by);
    const by = constant ?? this.#proved.in(definition.by, this.#blocks.get(definition) ?? 0).hi;
    return (by > FARTHEST ? 0n : by) + this.#start(definition.base, depth + 1);
  }

  #measureUses(): void {
    const offsets: Offset[] = [];
    for (const { id, instructions, terminator } of this.#program.blocks) {
      for (const instruction of instructions) {
        if (instruction.op === 'load' || instruction.op === 'store') {
          this.#use(instruction.address, BigInt(instruction.offset + instruction.width / 8));
        } else if (instruction.op === 'offset') {
          offsets.push(instruction);
          this.#blocks.set(instruction, id);
        }
      }
      if (terminator.op === 'in-packet') this.#use(terminator.pointer, BigInt(terminator.size));
    }
    // What is used through constant offsets counts for the pointer under them; those are made after it.
    for (const { base, by, result } of offsets.toReversed()) {
      const constant = this.#constant(by);
      if (constant !== undefined) this.#use(base, constant + (this.#used.get(result) ?? 0n));
    }
  }

  #use(pointer: ValueId, reach: bigint): void {
    const before = this.#used.get(pointer) ?? 0n;
    if (reach > before) this.#used.set(pointer, reach);
  }
}
