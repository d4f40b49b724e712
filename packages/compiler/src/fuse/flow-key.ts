// What a lookup's key is made of, as far as it can be had at an earlier point of a packet's way.
import { at } from '../ir/at.ts';
import { type Graph, graphOf } from '../ir/graph.ts';
import type { BlockId, Instruction, Program, ValueId, Width } from '../ir/types.ts';
import { type Definition, definitionsOf } from '../ir/uses.ts';
import type { Load, Site } from './lookup-sites.ts';

/** Something that a packet says, or that is known otherwise. */
export interface Input {
  readonly value: ValueId;
  readonly width: Width;
  /** A load of the packet that is behind the point, and may as well be at it. */
  readonly hoisted?: Load;
}

/** The key of one lookup at that point. */
export interface SiteKey {
  /** By what they are called in the text. */
  readonly inputs: ReadonlyMap<string, Input>;
  /** Equal texts: equal keys for the same inputs. */
  readonly text: string;
}

/** Seen from the lookup of one site, which is to come first. */
export class FlowPoint {
  readonly #program: Program;
  readonly #graph: Graph;
  readonly #definitions: ReadonlyMap<ValueId, Definition>;
  readonly #block: BlockId;

  constructor(program: Program, { block }: Site) {
    this.#program = program;
    this.#graph = graphOf(program);
    this.#definitions = definitionsOf(program);
    this.#block = block;
  }

  /** `undefined`: it is not known there. */
  keyOf({ block, key, map }: Site): SiteKey | undefined {
    if (!this.#leadsTo(block)) return undefined;
    const inputs = new Map<string, Input>();
    const parts = key.map(({ value, width }) => {
      const text = this.#textOf(value, inputs);
      return text === undefined ? undefined : `${width}:${text}`;
    });
    return parts.includes(undefined) ? undefined : { inputs, text: `${map} ${parts.join()}` };
  }

  /** Whatever comes to the other block has come by this one. */
  #leadsTo(block: BlockId): boolean {
    return this.#graph.dominates(this.#block, block);
  }

  #textOf(value: ValueId, inputs: Map<string, Input>): string | undefined {
    const found = this.#definitions.get(value);
    if (found?.kind !== 'instruction')
      return this.#isBefore(found) ? this.#input(inputs, { value, width: 64 }) : undefined;
    const { instruction: one, block } = found;
    switch (one.op) {
      case 'constant':
        return String(one.value);
      case 'relocation':
        return one.name;
      case 'alu': {
        const sides = [this.#textOf(one.left, inputs), this.#textOf(one.right, inputs)];
        if (sides.includes(undefined)) return undefined;
        if (COMMUTATIVE.has(one.operation)) sides.sort();
        return `(${sides.join(` ${one.operation} `)})`;
      }
      case 'truncate':
      case 'swap': {
        const of = this.#textOf(one.value, inputs);
        return of === undefined ? undefined : `${one.op}${one.width}(${of})`;
      }
      case 'load': {
        const isBefore = this.#isBefore(found);
        if (isBefore) return this.#input(inputs, { value, width: one.width });
        return this.#isSameBefore(one, block)
          ? this.#input(inputs, { value, width: one.width, hoisted: one })
          : undefined;
      }
      default:
        return this.#isBefore(found) && at(this.#program.values, value).kind === 'integer'
          ? this.#input(inputs, { value, width: 64 })
          : undefined;
    }
  }

  #input(inputs: Map<string, Input>, input: Input): string {
    const { value, hoisted } = input;
    // The same bytes are loaded again on other ways.
    const text = hoisted === undefined ? `v${value}` : `[v${hoisted.address}+${hoisted.offset}:${hoisted.width}]`;
    inputs.set(text, input);
    return text;
  }

  /** At the point, whose block's own instructions are before it but for the lookup. */
  #isBefore(found: Definition | undefined): boolean {
    if (found === undefined) return false;
    return found.kind === 'parameter' || this.#graph.dominates(found.block, this.#block);
  }

  /** A load of the packet that would give the same at the point: the bytes are known to be there, and nobody has written since. */
  #isSameBefore({ address, offset, width }: Load, block: BlockId): boolean {
    const type = at(this.#program.values, address);
    if (type.kind !== 'pointer' || type.region !== 'packet') return false;
    if (!this.#isBefore(this.#definitions.get(address))) return false;
    const end = offset + width / 8;
    const isThere = this.#program.blocks.some(
      ({ id, terminator }) =>
        terminator.op === 'in-packet' &&
        terminator.pointer === address &&
        terminator.size >= end &&
        offset >= 0 &&
        at(this.#graph.predecessors, terminator.then).join() === String(id) &&
        this.#graph.dominates(terminator.then, this.#block),
    );
    return isThere && this.#isUnwritten(block);
  }

  #isUnwritten(block: BlockId): boolean {
    for (let current = block; current !== this.#block; ) {
      if (at(this.#program.blocks, current).instructions.some((one) => this.#writesPacket(one))) return false;
      const [only, ...others] = at(this.#graph.predecessors, current);
      if (only === undefined || others.length > 0) return false;
      current = only;
    }
    return true;
  }

  #writesPacket(one: Instruction): boolean {
    if (one.op === 'call') return one.helper !== 'map_lookup_elem';
    if (one.op !== 'store' && one.op !== 'atomic') return false;
    const type = at(this.#program.values, one.address);
    return type.kind !== 'pointer' || type.region === 'packet';
  }
}

const COMMUTATIVE: ReadonlySet<string> = new Set(['add', 'mul', 'and', 'or', 'xor']);
