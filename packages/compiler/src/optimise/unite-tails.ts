import { at } from '../ir/at.ts';
import { graphOf } from '../ir/graph.ts';
import { operandsOf, resultOf, successorsOf, terminatorOperands, withOperands } from '../ir/operands.ts';
import { textOf } from '../ir/text-of.ts';
import type { Block, BlockId, Instruction, Phi, Program, Terminator, ValueId, ValueType } from '../ir/types.ts';
import { useCounts } from '../ir/uses.ts';
import { hoistLeaves } from './hoist-leaves.ts';
import { joinBlocks } from './join-blocks.ts';
import { type Pass, untilStable } from './pass.ts';
import { removeTrivialPhis } from './trivial-phis.ts';

/** Those above are few, and a round takes as long for them. */
const MOST_LEVELS = 3;

/**
 * Lets blocks that end alike share that end: what differs in numbers, places of a table's value or pointers to one comes
 * in as a phi. The counters of verdicts, which each end of a program adds to, exist once then. From the ends upwards: what leads
 * to one end can be alike as well.
 */
export const uniteTails: Pass = untilStable([uniteOnce, joinBlocks, removeTrivialPhis, hoistLeaves], MOST_LEVELS);

function uniteOnce(program: Program): Program {
  const counts = useCounts(program);
  const candidates = graphOf(program).order.filter((id) => isCandidate(at(program.blocks, id)));
  const shapes = new Shapes(program);
  const alike = Map.groupBy(candidates, (id) => outline(at(program.blocks, id)));
  const groups = [...alike.values()].flatMap((ids) =>
    ids.length < 2 ? [] : [...Map.groupBy(ids, (id) => shapes.ofEnd(at(program.blocks, id))).values()],
  );
  // A block is of one group only. What a group brings to phis behind it changes what others bring: those wait.
  const touched = new Set<BlockId>();
  const tails = groups.flatMap((group): readonly Tail[] => {
    if (group.length < 2) return [];
    const behind = successorsOf(at(program.blocks, at(group, 0)).terminator);
    if (behind.some((id) => touched.has(id)) || group.some((id) => touched.has(id))) return [];
    const tail = commonTail(program, group, counts, shapes);
    if (tail === undefined || !isWorthwhile(program, tail)) return [];
    for (const id of [...group, ...behind]) touched.add(id);
    return [tail];
  });
  return tails.reduce((united, tail) => new Uniting(united, tail).run(), program);
}

const isCandidate = ({ instructions, terminator }: Block): boolean =>
  terminator.op !== 'in-packet' && instructions.length >= LEAST;

/** What blocks that end alike have in common at first sight. */
const outline = ({ instructions, terminator }: Block): string =>
  `${instructions.at(-1)?.op} ${instructions.at(-2)?.op} ${terminator.op} ${successorsOf(terminator).join()}`;

/** So many instructions must be alike at least. */
const LEAST = 2;

interface Tail {
  readonly members: readonly BlockId[];
  /** Of each member, the instructions of the tail. */
  readonly bodies: readonly (readonly Instruction[])[];
  /** What members read or load from different places, each once. */
  readonly differences: readonly Difference[];
}

/** Values by member, or numbers. */
type Difference = { readonly values: readonly ValueId[] } | { readonly numbers: readonly number[] };

const keyOf = (difference: Difference): string =>
  'values' in difference ? `values ${difference.values}` : `numbers ${difference.numbers}`;

const VALUES: ReadonlySet<string> = new Set([
  'at',
  'result',
  'left',
  'right',
  'address',
  'base',
  'by',
  'arguments',
  'value',
]);
const VALUES_AND_PLACES: ReadonlySet<string> = new Set([...VALUES, 'offset']);
const VALUES_OF_TERMINATOR: ReadonlySet<string> = new Set(['at', 'likely', 'condition', 'value']);

/** A tail call is a direct jump only if its index is the same on all ways to it; a reservation's size has to be a constant. */
const SAME_ARGUMENTS: ReadonlySet<string> = new Set(['tail_call', 'ringbuf_reserve']);

/** Texts that are equal for what differs in the values that it reads alone, or in the place of a table's value. */
class Shapes {
  readonly #program: Program;
  readonly #known = new Map<Instruction, string>();

  constructor(program: Program) {
    this.#program = program;
  }

  of(instruction: Instruction): string {
    const known = this.#known.get(instruction);
    if (known !== undefined) return known;
    const { values } = this.#program;
    const isAccess = instruction.op === 'load' || instruction.op === 'store';
    const isMovable = isAccess && isTableValue(at(values, instruction.address));
    const types = operandsOf(instruction).map((operand) => typeText(at(values, operand)));
    const isFixed = instruction.op === 'call' && SAME_ARGUMENTS.has(instruction.helper);
    const fixed = isFixed ? operandsOf(instruction).join() : '';
    const made = `${textOf(instruction, isMovable ? VALUES_AND_PLACES : VALUES)} ${types} ${fixed}`;
    this.#known.set(instruction, made);
    return made;
  }

  ofEnd({ instructions, terminator }: Block): string {
    const last = instructions.slice(-LEAST).map((instruction) => this.of(instruction));
    return [...last, textOf(terminator, VALUES_OF_TERMINATOR), ...successorsOf(terminator)].join();
  }
}

const typeText = (type: ValueType): string => (type.kind === 'pointer' ? type.region : type.kind);

const isTableValue = (type: ValueType): boolean => type.kind === 'pointer' && type.region.startsWith('value ');

/** The longest one, read by nothing but itself and the phis behind it. */
function commonTail(
  program: Program,
  group: readonly BlockId[],
  counts: Uint32Array,
  shapes: Shapes,
): Tail | undefined {
  const blocks = group.map((id) => at(program.blocks, id));
  let found: Tail | undefined;
  for (let length = LEAST; isAlike(blocks, length, shapes); length++) {
    const bodies = blocks.map(({ instructions }) => instructions.slice(-length));
    const differences = differencesOf(program, blocks, bodies);
    if (differences === undefined) continue;
    if (bodies.every((body, index) => isSelfContained(program, at(blocks, index), body, counts)))
      found = { members: group, bodies, differences };
  }
  return found;
}

/** Whether the instructions that stand so far in front of the ends are. */
function isAlike(blocks: readonly Block[], distance: number, shapes: Shapes): boolean {
  const all = blocks.map(({ instructions }) => instructions.at(-distance));
  const [first] = all;
  // The facts that bound a pointer's offset hold on one path only.
  if (first === undefined || first.op === 'offset') return false;
  return all.every((one) => one !== undefined && shapes.of(one) === shapes.of(first));
}

function isSelfContained(
  program: Program,
  { id, terminator }: Block,
  body: readonly Instruction[],
  counts: Uint32Array,
): boolean {
  const reads = new Map<ValueId, number>();
  const read = (value: ValueId) => reads.set(value, (reads.get(value) ?? 0) + 1);
  for (const instruction of body) operandsOf(instruction).forEach(read);
  terminatorOperands(terminator).forEach(read);
  for (const { value } of broughtBy(program, id, terminator)) read(value);
  return body.every((instruction) => {
    const result = resultOf(instruction);
    return result === undefined || (reads.get(result) ?? 0) === counts[result];
  });
}

/** What a block brings to the phis behind it. */
function broughtBy(program: Program, id: BlockId, terminator: Terminator): readonly { phi: ValueId; value: ValueId }[] {
  return successorsOf(terminator).flatMap((next) =>
    at(program.blocks, next).phis.flatMap(({ result, inputs }) =>
      inputs.filter(({ block }) => block === id).map(({ value }) => ({ phi: result, value })),
    ),
  );
}

/** All that a tail reads, in order: by its instructions, its terminator and the phis behind. */
const readsOf = (program: Program, { id, terminator }: Block, body: readonly Instruction[]): readonly ValueId[] => [
  ...body.flatMap((instruction) => operandsOf(instruction)),
  ...terminatorOperands(terminator),
  ...broughtBy(program, id, terminator).map(({ value }) => value),
];

/** Undefined if something differs that a phi cannot bring. */
function differencesOf(
  program: Program,
  blocks: readonly Block[],
  bodies: readonly (readonly Instruction[])[],
): readonly Difference[] | undefined {
  const differences = new Map<string, Difference>();
  const note = (difference: Difference) => differences.set(keyOf(difference), difference);
  const own = bodies.map((body) => new Map(body.flatMap((one, index) => pairOf(resultOf(one), index))));
  const reads = blocks.map((block, index) => readsOf(program, block, at(bodies, index)));
  for (const [place, first] of at(reads, 0).entries()) {
    const values = reads.map((list) => at(list, place));
    const positions = values.map((value, index) => at(own, index).get(value));
    if (positions.some((position) => position !== undefined)) {
      if (positions.some((position) => position !== positions[0])) return undefined;
    } else if (values.some((value) => value !== first)) {
      const types = values.map((value) => at(program.values, value));
      const [type] = types;
      if (type === undefined || (type.kind !== 'integer' && !isTableValue(type))) return undefined;
      if (types.some((other) => typeText(other) !== typeText(type))) return undefined;
      note({ values });
    }
  }
  for (const index of at(bodies, 0).keys()) {
    const numbers = offsetsAt(bodies, index);
    if (numbers !== undefined) note({ numbers });
  }
  return [...differences.values()];
}

const pairOf = (result: ValueId | undefined, index: number): readonly (readonly [ValueId, number])[] =>
  result === undefined ? [] : [[result, index]];

/** The different places that members access at an index of their tails. */
function offsetsAt(bodies: readonly (readonly Instruction[])[], index: number): readonly number[] | undefined {
  const numbers = bodies.map((body) => {
    const instruction = at(body, index);
    return instruction.op === 'load' || instruction.op === 'store' ? instruction.offset : 0;
  });
  return numbers.some((number) => number !== numbers[0]) ? numbers : undefined;
}

/** In instructions of the code that is made. A pointer that a call has returned is where it has to be already. */
function isWorthwhile(program: Program, { members, bodies, differences }: Tail): boolean {
  const size = at(bodies, 0).reduce((sum, one) => sum + (one.op === 'call' ? 2 + one.arguments.length : 1), 0);
  const isPointer = (difference: Difference) =>
    'values' in difference && at(program.values, at(difference.values, 0)).kind === 'pointer';
  const moves = members.length * differences.filter((difference) => !isPointer(difference)).length;
  return (members.length - 1) * (size + 1) > moves + members.length;
}

class Uniting {
  readonly #program: Program;
  readonly #tail: Tail;
  readonly #values: ValueType[];
  readonly #constants: Instruction[] = [];
  readonly #phis = new Map<string, Phi>();
  readonly #pointers = new Map<string, ValueId>();

  constructor(program: Program, tail: Tail) {
    this.#program = program;
    this.#tail = tail;
    this.#values = [...program.values];
  }

  run(): Program {
    const { members, bodies, differences } = this.#tail;
    for (const difference of differences) this.#phis.set(keyOf(difference), this.#phi(difference));
    const id = this.#program.blocks.length;
    const model = at(this.#program.blocks, at(members, 0));
    const reads = members.map((member, index) =>
      readsOf(this.#program, at(this.#program.blocks, member), at(bodies, index)),
    );
    let place = 0;
    const next = (): ValueId => {
      const values = reads.map((list) => at(list, place));
      place++;
      return this.#phis.get(keyOf({ values }))?.result ?? at(values, 0);
    };
    const instructions = at(bodies, 0).flatMap((instruction, index) =>
      this.#moved(withOperands(instruction, next), index),
    );
    const terminator = withTerminatorValue(model.terminator, next);
    const brought = new Map(broughtBy(this.#program, model.id, model.terminator).map(({ phi }) => [phi, next()]));
    const tail: Block = { id, phis: [...this.#phis.values()], instructions, terminator };
    const blocks = [...this.#program.blocks.map((block) => this.#rest(block, id, brought)), tail];
    const entry = at(blocks, 0);
    blocks[0] = { ...entry, instructions: [...this.#constants, ...entry.instructions] };
    return { ...this.#program, values: this.#values, blocks };
  }

  #phi(difference: Difference): Phi {
    const { members } = this.#tail;
    const values = 'values' in difference ? difference.values : difference.numbers.map((one) => this.#constant(one));
    const inputs = members.map((block, index) => ({ block, value: at(values, index) }));
    return { result: this.#value(at(this.#values, at(values, 0))), inputs };
  }

  #value(type: ValueType): ValueId {
    return this.#values.push(type) - 1;
  }

  #constant(number: number): ValueId {
    const result = this.#value({ kind: 'integer' });
    this.#constants.push({ op: 'constant', value: BigInt(number), result });
    return result;
  }

  /** An access whose place differs goes by a pointer of its own. */
  #moved(instruction: Instruction, index: number): readonly Instruction[] {
    const numbers = offsetsAt(this.#tail.bodies, index);
    const by = numbers && this.#phis.get(keyOf({ numbers }));
    if (by === undefined || (instruction.op !== 'load' && instruction.op !== 'store')) return [instruction];
    const { address: base } = instruction;
    const key = `${base} ${by.result}`;
    const known = this.#pointers.get(key);
    if (known !== undefined) return [{ ...instruction, address: known, offset: 0 }];
    const address = this.#value(at(this.#values, base));
    this.#pointers.set(key, address);
    const location = instruction.at && { at: instruction.at };
    return [
      { op: 'offset', base, by: by.result, result: address, ...location },
      { ...instruction, address, offset: 0 },
    ];
  }

  #rest(block: Block, tail: BlockId, brought: ReadonlyMap<ValueId, ValueId>): Block {
    const { members, bodies } = this.#tail;
    const isMember = (id: BlockId) => members.includes(id);
    const phis = block.phis.map((phi): Phi => {
      const value = brought.get(phi.result);
      if (value === undefined) return phi;
      return { ...phi, inputs: [...phi.inputs.filter((input) => !isMember(input.block)), { block: tail, value }] };
    });
    if (!isMember(block.id)) return { ...block, phis };
    const kept = block.instructions.slice(0, block.instructions.length - at(bodies, 0).length);
    return { ...block, phis, instructions: kept, terminator: { op: 'jump', target: tail } };
  }
}

function withTerminatorValue(terminator: Terminator, next: () => ValueId): Terminator {
  if (terminator.op === 'branch') return { ...terminator, condition: next() };
  return terminator.op === 'return' ? { ...terminator, value: next() } : terminator;
}
