import { at } from '../ir/at.ts';
import { type Graph, graphOf } from '../ir/graph.ts';
import type { BlockId, Instruction, Program, Region, ValueId, Width } from '../ir/types.ts';
import { type Definitions, instructionsByResult } from '../ir/uses.ts';
import { regionOf, writtenByCall } from './aliasing.ts';
import { sourceOfByte } from './byte-sources.ts';
import { accessOf, type PacketPlaces, packetPlaces } from './packet-places.ts';
import type { Pass } from './pass.ts';
import { resolver, substitute, substituteInBlock } from './substitute.ts';

/** What memory is known to hold at an address: what was stored there, or loaded from there before. */
interface Content {
  readonly address: ValueId;
  readonly offset: number;
  readonly width: Width;
  readonly region: Region;
  readonly value: ValueId;
  /** Of a narrow store: the value's upper bits are not what a load would give. */
  readonly isStored: boolean;
}

type Memory = ReadonlyMap<string, Content>;

/**
 * Reads once what was read or written before, as far as nothing in between may have changed it. Packet contents are not
 * kept across calls: to read them again costs the same as to keep them on the stack.
 */
export const forwardLoads: Pass = (program) => new Forwarding(program, graphOf(program), 'read again').run();

/** As `forwardLoads`, but packet contents are kept across calls, too: what an earlier function of a chain has seen of a packet
 *  decides what a later one would ask. */
export const forwardLoadsAcrossCalls: Pass = (program) => new Forwarding(program, graphOf(program), 'kept').run();

class Forwarding {
  readonly #program: Program;
  readonly #graph: Graph;
  readonly #definitions: Definitions;
  readonly #behindCalls: 'read again' | 'kept';
  readonly #replacements = new Map<ValueId, ValueId>();
  readonly #resolve = resolver(this.#replacements);
  readonly #after = new Map<BlockId, Memory>();
  #places: PacketPlaces | undefined;
  #block: BlockId = 0;
  #changed = false;

  constructor(program: Program, graph: Graph, behindCalls: 'read again' | 'kept') {
    this.#behindCalls = behindCalls;
    this.#program = program;
    this.#graph = graph;
    this.#definitions = instructionsByResult(program);
  }

  run(): Program {
    const blocks = [...this.#program.blocks];
    for (const id of this.#graph.order) {
      const memory = new Map(this.#before(id));
      this.#block = id;
      const block = substituteInBlock(at(blocks, id), this.#resolve);
      const instructions = block.instructions.flatMap((instruction) => this.#instruction(instruction, memory));
      blocks[id] = { ...block, instructions };
      this.#after.set(id, memory);
    }
    return this.#changed ? substitute({ ...this.#program, blocks }, this.#replacements) : this.#program;
  }

  /** What all predecessors agree on; nothing at the head of a loop, whose body has not been seen yet. */
  #before(id: BlockId): Memory {
    const [first, ...others] = at(this.#graph.predecessors, id).map((from) => this.#after.get(from));
    if (first === undefined || others.includes(undefined)) return new Map();
    const agreed = [...first].filter(([key, content]) =>
      others.every((other) => {
        const same = other?.get(key);
        return same?.value === content.value && same.isStored === content.isStored;
      }),
    );
    return new Map(agreed);
  }

  #instruction(instruction: Instruction, memory: Map<string, Content>): readonly Instruction[] {
    switch (instruction.op) {
      case 'load':
        return this.#load(instruction, memory);
      case 'store':
        this.#store(instruction, memory);
        return [instruction];
      case 'atomic':
        forget(memory, (content) => content.region === this.#region(instruction.address));
        return [instruction];
      case 'call':
        this.#call(instruction, memory);
        return [instruction];
      default:
        return [instruction];
    }
  }

  #region(address: ValueId): Region {
    return regionOf(this.#program, address) ?? 'context';
  }

  #load(load: Extract<Instruction, { op: 'load' }>, memory: Map<string, Content>): readonly Instruction[] {
    const { address, offset, width, isVolatile, result } = load;
    if (isVolatile) return [load];
    const key = keyOf(load);
    const known = memory.get(key);
    if (known === undefined) {
      memory.set(key, { address, offset, width, region: this.#region(address), value: result, isStored: false });
      return [load];
    }
    this.#changed = true;
    if (known.isStored && width < 64) {
      const narrow = width === 64 ? 32 : width;
      memory.set(key, { ...known, value: result, isStored: false });
      const { at: location } = load;
      return [{ op: 'truncate', width: narrow, value: known.value, result, ...(location && { at: location }) }];
    }
    this.#replacements.set(result, known.value);
    return [];
  }

  #store(store: Extract<Instruction, { op: 'store' }>, memory: Map<string, Content>): void {
    const { address, offset, width, value } = store;
    const region = this.#region(address);
    const [start, end] = [offset, offset + width / 8];
    const bytes = Array.from({ length: end - start }, (_, byte) => start + byte);
    const changed = region === 'packet' ? bytes.filter((byte) => !this.#isSame(store, byte, memory)) : bytes;
    forget(memory, (content) => {
      if (content.region !== region) return false;
      if (content.address !== address) return region !== 'packet' || !this.#areApart(content, store);
      return changed.some((byte) => byte >= content.offset && byte < content.offset + content.width / 8);
    });
    memory.set(keyOf(store), { address, offset, width, region, value, isStored: true });
  }

  /** Whether a store writes to a byte what is there. */
  #isSame({ address, offset, value }: Place & { readonly value: ValueId }, byte: number, memory: Memory): boolean {
    const source = sourceOfByte(this.#definitions, value, byte - offset);
    if (source === undefined || source === 'zero') return false;
    const whole = this.#resolve(source.value);
    return [...memory.values()].some(
      (content) => content.address === address && content.value === whole && content.offset + source.byte === byte,
    );
  }

  #areApart(one: Place, other: Place): boolean {
    this.#places ??= packetPlaces(this.#program);
    return this.#places.areApart(accessOf(one), accessOf(other), this.#block);
  }

  #call(call: Extract<Instruction, { op: 'call' }>, memory: Map<string, Content>): void {
    const written = writtenByCall(call, this.#program, (value) => {
      const definition = this.#definitions[value];
      return definition?.op === 'map' ? definition.name : undefined;
    });
    const again = this.#behindCalls === 'read again';
    forget(memory, ({ region }) => (again && region === 'packet') || written === 'all' || written.has(region));
  }
}

type Place = Pick<Content, 'address' | 'offset' | 'width'>;

const keyOf = ({ address, offset, width }: Place): string => `${address} ${offset} ${width}`;

function forget(memory: Map<string, Content>, isTouched: (content: Content) => boolean): void {
  for (const [key, content] of memory) if (isTouched(content)) memory.delete(key);
}
