// One loop as its call needs to know it.

import { at } from '../../ir/at.ts';
import { type Graph, graphOf } from '../../ir/graph.ts';
import { operandsOf, resultOf, successorsOf, terminatorOperands } from '../../ir/operands.ts';
import { movesPacket } from '../../ir/packet-moving.ts';
import { SlotLiveness } from '../../ir/slot-liveness.ts';
import type { BlockId, Instruction, Location, Phi, Program, ValueId } from '../../ir/types.ts';
import { definitionsOf } from '../../ir/uses.ts';

export interface LongLoop {
  readonly header: BlockId;
  readonly rounds: number;
  /** The header too. */
  readonly body: ReadonlySet<BlockId>;
  /** The one block outside from which control enters. */
  readonly entry: BlockId;
  readonly exits: readonly { readonly from: BlockId; readonly to: BlockId }[];
  /** Constants and addresses from outside. */
  readonly leaves: readonly Instruction[];
  /** All else from outside; `epoch` of packet pointers. */
  readonly liveIn: readonly { readonly value: ValueId; readonly epoch: number | undefined }[];
  /** The variables. */
  readonly phis: readonly Phi[];
  /** Variables that are read behind the loop, */
  readonly phisOut: readonly ValueId[];
  /** and other numbers made in it. */
  readonly liveOut: readonly ValueId[];
  /** By the block that makes them. */
  readonly definedIn: ReadonlyMap<ValueId, BlockId>;
  readonly location: { readonly at?: Location };
}

/** Most bytes of the caller's stack. */
const MOST_STATE = 160;
const LEAVES: ReadonlySet<Instruction['op']> = new Set(['constant', 'stack', 'map', 'map-value']);

/** The natural loop. */
export function loopBody(graph: Graph, header: BlockId): ReadonlySet<BlockId> {
  const { predecessors } = graph;
  const body = new Set<BlockId>([header]);
  const open = at(predecessors, header).filter((from) => graph.dominates(header, from));
  for (let block = open.pop(); block !== undefined; block = open.pop()) {
    if (body.has(block)) continue;
    body.add(block);
    open.push(...at(predecessors, block));
  }
  return body;
}

/** `undefined`: it cannot be called. */
export function longLoopAt(program: Program, header: BlockId): LongLoop | undefined {
  const graph = graphOf(program);
  const body = loopBody(graph, header);
  const [entry, ...others] = at(graph.predecessors, header).filter((from) => !body.has(from));
  const { rounds, phis, terminator } = at(program.blocks, header);
  const blocks = [...body].map((id) => at(program.blocks, id));
  const isCallable = blocks.every(({ instructions }) => instructions.every(canBeCalled));
  if (entry === undefined || others.length > 0 || rounds === undefined || !isCallable) return undefined;
  if (at(program.blocks, entry).terminator.op !== 'jump' || carriesStack(program, graph, body, header))
    return undefined;
  const exits = blocks.flatMap((block) =>
    successorsOf(block.terminator).flatMap((to) => (body.has(to) ? [] : [{ from: block.id, to }])),
  );
  const definedIn = new Map(
    blocks.flatMap(({ id, phis: own, instructions }) =>
      [...own.map(({ result }) => result), ...instructions.flatMap((one) => resultOf(one) ?? [])].map(
        (value) => [value, id] as const,
      ),
    ),
  );
  const { leaves, liveIn } = fromOutside(program, body, definedIn);
  const isPhi = (value: ValueId) => phis.some(({ result }) => result === value);
  const out = [...readOutside(program, body)].filter((value) => definedIn.has(value));
  const [phisOut, liveOut] = [out.filter(isPhi), out.filter((value) => !isPhi(value))];
  const handsOnPointers = [...liveOut, ...phis.map(({ result }) => result)].some(
    (value) => at(program.values, value).kind === 'pointer',
  );
  if (handsOnPointers || 8 * (1 + liveIn.length + phis.length + liveOut.length) > MOST_STATE) return undefined;
  const location = terminator.at === undefined ? {} : { at: terminator.at };
  return { header, rounds, body, entry, exits, leaves, liveIn, phis, phisOut, liveOut, definedIn, location };
}

/** Locks hold no calls; what moves the packet, or leaves the program, cannot be in a callback. */
function canBeCalled(instruction: Instruction): boolean {
  if (instruction.op !== 'call') return true;
  const { helper } = instruction;
  return !movesPacket(helper) && helper !== 'tail_call' && helper !== 'spin_lock' && helper !== 'spin_unlock';
}

/** Whether something lies on the stack from one round to the next. */
function carriesStack(program: Program, graph: Graph, body: ReadonlySet<BlockId>, header: BlockId): boolean {
  const liveness = new SlotLiveness(program, graph);
  const live = liveness.walk(at(program.blocks, header), () => undefined);
  const uses = [...body].flatMap((block) =>
    at(program.blocks, block).instructions.flatMap((instruction, index) =>
      operandsOf(instruction).flatMap((value): readonly SlotUse[] => {
        const slot = liveness.slotOf(value);
        return slot === undefined ? [] : [{ slot, block, index, instruction }];
      }),
    ),
  );
  const carried = uses.filter(({ slot }) => (live.get(slot) ?? 0n) !== 0n);
  const filled = carried.filter(({ instruction }) => fillsSlot(instruction));
  return carried.some(
    (use) => !fillsSlot(use.instruction) && !filled.some((one) => one.slot === use.slot && isBefore(graph, one, use)),
  );
}

interface SlotUse {
  readonly slot: number;
  readonly block: BlockId;
  readonly index: number;
  readonly instruction: Instruction;
}

/** What is live in front of these helpers is so only because a call may read what it is given. */
const fillsSlot = (one: Instruction): boolean =>
  one.op === 'call' && (one.helper === 'skb_load_bytes' || one.helper === 'xdp_load_bytes');

const isBefore = (graph: Graph, a: SlotUse, b: SlotUse): boolean =>
  a.block === b.block ? a.index < b.index : graph.dominates(a.block, b.block);

function fromOutside(program: Program, body: ReadonlySet<BlockId>, inside: ReadonlyMap<ValueId, BlockId>) {
  const definitions = definitionsOf(program);
  const leaves = new Map<ValueId, Instruction>();
  const liveIn = new Set<ValueId>();
  const use = (value: ValueId) => {
    if (inside.has(value)) return;
    const definition = definitions.get(value);
    if (definition?.kind === 'instruction' && LEAVES.has(definition.instruction.op))
      leaves.set(value, definition.instruction);
    else liveIn.add(value);
  };
  for (const id of body) {
    const { phis, instructions, terminator } = at(program.blocks, id);
    for (const { inputs } of phis) for (const { block, value } of inputs) if (body.has(block)) use(value);
    for (const instruction of instructions) {
      operandsOf(instruction).forEach(use);
      if (instruction.op === 'packet-start' || instruction.op === 'packet-end') use(program.context);
    }
    terminatorOperands(terminator).forEach(use);
    if (terminator.op === 'in-packet') use(program.context);
  }
  const epoch = (value: ValueId): number | undefined => epochOf(program, value, new Set());
  return { leaves: [...leaves.values()], liveIn: [...liveIn].map((value) => ({ value, epoch: epoch(value) })) };
}

/** Of a packet pointer. */
function epochOf(program: Program, value: ValueId, seen: Set<ValueId>): number | undefined {
  if (seen.has(value)) return undefined;
  seen.add(value);
  const definition = definitionsOf(program).get(value);
  if (definition?.kind === 'phi') {
    return definition.phi.inputs
      .map((input) => epochOf(program, input.value, seen))
      .find((epoch) => epoch !== undefined);
  }
  if (definition?.kind !== 'instruction') return undefined;
  const { instruction } = definition;
  switch (instruction.op) {
    case 'packet-start':
    case 'packet-end':
    case 'load-pointer':
      return instruction.epoch;
    case 'offset':
      return epochOf(program, instruction.base, seen);
    default:
      return undefined;
  }
}

function readOutside(program: Program, body: ReadonlySet<BlockId>): ReadonlySet<ValueId> {
  const read = new Set<ValueId>();
  for (const { id, phis, instructions, terminator } of program.blocks) {
    if (body.has(id)) continue;
    for (const { inputs } of phis) for (const { value } of inputs) read.add(value);
    for (const instruction of instructions) for (const value of operandsOf(instruction)) read.add(value);
    for (const value of terminatorOperands(terminator)) read.add(value);
  }
  return read;
}
