import type { Ranges } from '../ir/ranges.ts';
import type { BlockId, Instruction, Program, ValueId } from '../ir/types.ts';
import type { Definitions } from '../ir/uses.ts';

type Offset = Extract<Instruction, { op: 'offset' }>;

/** MAX_PACKET_OFF: the verifier follows a packet pointer no further than this from the packet's start. */
const FARTHEST = 0xffffn;
/** What is left of that for a pointer in memory, to whoever is called and loads it: half as much each level further down. */
const shareAt = (depth: number): bigint => 0x3fffn >> BigInt(depth);

/** How far packet pointers are from the packet's start, and how far behind themselves they are used. */
export class PacketReach {
  readonly #program: Program;
  readonly #definitions: Definitions;
  readonly #proved: Ranges;
  readonly #known: Ranges;
  readonly #share: bigint;
  /** Farthest place of a pointer that the caller left in memory. */
  readonly #farthestLoaded: bigint;
  readonly #used = new Map<ValueId, bigint>();
  readonly #blocks = new Map<Instruction, BlockId>();

  constructor(
    program: Program,
    definitions: Definitions,
    { proved, known, depth }: { readonly proved: Ranges; readonly known: Ranges; readonly depth: number },
  ) {
    this.#program = program;
    this.#definitions = definitions;
    this.#proved = proved;
    this.#known = known;
    this.#share = shareAt(depth);
    this.#farthestLoaded = FARTHEST - shareAt(Math.max(0, depth - 1));
    this.#measureUses();
  }

  /** The greatest variable part of an offset with which all uses of its result stay in reach. */
  left(offset: Offset): bigint {
    return FARTHEST - this.#start(offset.base, 0) - (this.#used.get(offset.result) ?? 0n);
  }

  /** Whether a pointer is another one plus constants. */
  leadsTo(from: ValueId, to: ValueId): boolean {
    if (from === to) return true;
    const definition = this.#definitions[to];
    if (definition?.op !== 'offset' || this.#constant(definition.by) === undefined) return false;
    return this.leadsTo(from, definition.base);
  }

  #constant(value: ValueId): bigint | undefined {
    const definition = this.#definitions[value];
    return definition?.op === 'constant' ? definition.value : undefined;
  }

  /** The greatest distance of a pointer itself from the packet's start. A phi's is taken as 0: the verifier sees each way alone. */
  #start(pointer: ValueId, depth: number): bigint {
    const definition = this.#definitions[pointer];
    if (definition?.op === 'load-pointer') return this.#farthestLoaded;
    if (definition?.op !== 'offset' || depth > 16) return 0n;
    const constant = this.#constant(definition.by);
    const by = constant ?? this.#proved.in(definition.by, this.#blocks.get(definition) ?? 0).hi;
    // More than that is a constant where control never comes, or something that is still to be bounded.
    const isReal = by + (this.#used.get(pointer) ?? 0n) <= FARTHEST;
    return (isReal ? by : 0n) + this.#start(definition.base, depth + 1);
  }

  #measureUses(): void {
    const offsets: Offset[] = [];
    for (const { id, instructions, terminator } of this.#program.blocks) {
      for (const instruction of instructions) {
        // A pointer that is handed to a subprogram is used there.
        if (instruction.op === 'store') this.#use(instruction.value, this.#share);
        if (instruction.op === 'load' || instruction.op === 'store') {
          this.#use(instruction.address, BigInt(instruction.offset + instruction.width / 8));
        } else if (instruction.op === 'offset') {
          offsets.push(instruction);
          this.#blocks.set(instruction, id);
        }
      }
      if (terminator.op === 'in-packet') this.#use(terminator.pointer, BigInt(terminator.size));
    }
    // What is used through an offset counts for the pointer under it, which is made before.
    for (const offset of offsets.toReversed()) {
      const constant = this.#constant(offset.by);
      const by = constant ?? this.#known.in(offset.by, this.#blocks.get(offset) ?? 0).hi;
      const behind = this.#used.get(offset.result) ?? 0n;
      // Where a constant leads out of every packet, control never comes; what has no bound yet is going to get one.
      const most = by + behind <= FARTHEST ? by : constant === undefined ? this.#share : 0n;
      this.#use(offset.base, most + behind);
    }
  }

  #use(pointer: ValueId, reach: bigint): void {
    const before = this.#used.get(pointer) ?? 0n;
    if (reach > before) this.#used.set(pointer, reach);
  }
}
