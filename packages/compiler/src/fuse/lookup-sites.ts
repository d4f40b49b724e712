// Lookups of a fused program whose answer may be remembered for a flow: their key is known where the flow is, and what is behind them
// needs of the entry nothing but its fields.
import { at } from '../ir/at.ts';
import { type Graph, graphOf } from '../ir/graph.ts';
import { hasEffect, operandsOf, terminatorOperands } from '../ir/operands.ts';
import type { BlockId, Instruction, Program, Terminator, ValueId } from '../ir/types.ts';
import { type Definition, definitionsOf } from '../ir/uses.ts';

export type Call = Extract<Instruction, { op: 'call' }>;
export type Load = Extract<Instruction, { op: 'load' }>;
type Branch = Extract<Terminator, { op: 'branch' }>;

/** `… store key; entry = lookup; branch entry != 0` at the end of a block. */
export interface Site {
  readonly block: BlockId;
  /** What the fused program calls the map. */
  readonly map: string;
  readonly call: Call;
  /** What puts the key on the stack, and asks whether there is an entry. */
  readonly own: ReadonlySet<Instruction>;
  /** By its bytes: what is stored there. */
  readonly key: readonly Extract<Instruction, { op: 'store' }>[];
  readonly found: BlockId;
  readonly missing: BlockId;
  /** Of the entry's fields, where there is one. */
  readonly loads: readonly { readonly block: BlockId; readonly load: Load }[];
}

export function lookupSites(program: Program, maps: ReadonlySet<string>): readonly Site[] {
  const graph = graphOf(program);
  const uses = usesOf(program, graph);
  const definitions = definitionsOf(program);
  return graph.order.flatMap((block) => siteAt(program, graph, block, { maps, uses, definitions }) ?? []);
}

interface Known {
  readonly maps: ReadonlySet<string>;
  readonly uses: ReadonlyMap<ValueId, readonly Use[]>;
  readonly definitions: ReadonlyMap<ValueId, Definition>;
}

interface Use {
  readonly block: BlockId;
  /** `undefined`: a phi or a terminator. */
  readonly by: Instruction | undefined;
}

function siteAt(program: Program, graph: Graph, id: BlockId, known: Known): Site | undefined {
  const { instructions, terminator } = at(program.blocks, id);
  if (terminator.op !== 'branch' || at(graph.loopDepth, id) > 0) return undefined;
  const compared = instructionOf(known.definitions, terminator.condition);
  if (compared?.op !== 'compare' || known.uses.get(compared.result)?.length !== 1) return undefined;
  const call = instructions.findLast((one) => one.op === 'call');
  if (call === undefined || instructions.slice(instructions.indexOf(call) + 1).some(hasEffect)) return undefined;
  if (call.op !== 'call' || call.helper !== 'map_lookup_elem' || compared.left !== call.result) return undefined;
  const zero = instructionOf(known.definitions, compared.right);
  if (zero?.op !== 'constant' || zero.value !== 0n || !instructions.includes(compared)) return undefined;
  const map = instructionOf(known.definitions, call.arguments[0] ?? -1);
  if (map?.op !== 'map' || !known.maps.has(map.name)) return undefined;
  const key = keyOf(program, instructions, call, known.definitions);
  const sides = sidesOf(terminator, compared.relation);
  if (key === undefined || sides === undefined) return undefined;
  const loads = loadsOf(graph, call, compared, sides.found, known.uses);
  if (loads === undefined) return undefined;
  return { block: id, map: map.name, call, own: new Set([...key, call, compared]), key, ...sides, loads };
}

function sidesOf({ then, otherwise }: Branch, relation: string): Pick<Site, 'found' | 'missing'> | undefined {
  if (then === otherwise) return undefined;
  if (relation === 'ne') return { found: then, missing: otherwise };
  return relation === 'eq' ? { found: otherwise, missing: then } : undefined;
}

/** Stores of constant places behind the last other call that fill the slot. */
function keyOf(
  program: Program,
  instructions: readonly Instruction[],
  call: Call,
  definitions: Known['definitions'],
): Site['key'] | undefined {
  const address = instructionOf(definitions, call.arguments[1] ?? -1);
  if (address?.op !== 'stack') return undefined;
  const { size } = at(program.slots, address.slot);
  const before = instructions.slice(0, instructions.indexOf(call));
  const since = before.slice(before.findLastIndex((one) => one.op === 'call') + 1);
  const stores = since.flatMap((one) => (one.op === 'store' && one.address === address.result ? [one] : []));
  const isRead = since.some((one) => one.op === 'load' && one.address === address.result);
  const places = stores.flatMap(({ offset, width }) => Array.from({ length: width / 8 }, (_, byte) => offset + byte));
  const isFilled = places.length === size && new Set(places).size === size && places.every((place) => place < size);
  return isFilled && !isRead ? stores.toSorted((a, b) => a.offset - b.offset) : undefined;
}

/** `undefined`: the entry is more than read where it was found. */
function loadsOf(
  graph: Graph,
  { result }: Call,
  compared: Instruction,
  found: BlockId,
  uses: Known['uses'],
): Site['loads'] | undefined {
  const isOnlyWay = at(graph.predecessors, found).length === 1;
  const loads: { block: BlockId; load: Load }[] = [];
  for (const { block, by } of uses.get(result) ?? []) {
    if (by === compared) continue;
    if (by?.op !== 'load' || !isOnlyWay || !graph.dominates(found, block)) return undefined;
    loads.push({ block, load: by });
  }
  return loads;
}

function usesOf({ blocks }: Program, { order }: Graph): ReadonlyMap<ValueId, readonly Use[]> {
  const uses = new Map<ValueId, Use[]>();
  const use = (value: ValueId, one: Use) => {
    const known = uses.get(value);
    if (known === undefined) uses.set(value, [one]);
    else known.push(one);
  };
  for (const block of order) {
    const { phis, instructions, terminator } = at(blocks, block);
    for (const { inputs } of phis) for (const { value } of inputs) use(value, { block, by: undefined });
    for (const by of instructions) for (const value of operandsOf(by)) use(value, { block, by });
    for (const value of terminatorOperands(terminator)) use(value, { block, by: undefined });
  }
  return uses;
}

export function instructionOf(definitions: Known['definitions'], value: ValueId): Instruction | undefined {
  const found = definitions.get(value);
  return found?.kind === 'instruction' ? found.instruction : undefined;
}
