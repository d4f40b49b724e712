import { at } from '../ir/at.ts';
import { textOf } from '../ir/text-of.ts';
import type { BlockId } from '../ir/types.ts';
import type { MachineBlock, MachineInstruction, MachineTerminator } from './machine.ts';

/** Fewer instructions than this are not worth the jump. */
const LEAST = 2;
/** What differs between instructions that do the same. */
const PLACES: ReadonlySet<string> = new Set(['at', 'likely']);

/** Lets blocks that end in the same way share that end: whole blocks, and tails that jump to the same place or return. */
export function mergeTails(blocks: readonly MachineBlock[]): readonly MachineBlock[] {
  const texts = new Texts();
  for (let current = blocks; ; ) {
    const next = shareTail(shareWhole(current, texts), texts);
    if (next === current) return current;
    current = next;
  }
}

/** Blocks equal to an earlier one are left to nobody. */
function shareWhole(blocks: readonly MachineBlock[], texts: Texts): readonly MachineBlock[] {
  const first = new Map<string, BlockId>();
  const same = new Map<BlockId, BlockId>();
  blocks.forEach((block, id) => {
    const key = texts.ofBlock(block);
    const known = first.get(key);
    if (known === undefined) first.set(key, id);
    else if (id !== 0) same.set(id, known);
  });
  const aim = (id: BlockId) => same.get(id) ?? id;
  let changed = false;
  const aimed = blocks.map((block, id) => {
    if (same.has(id)) return block;
    const terminator = retargeted(block.terminator, aim);
    if (terminator === block.terminator) return block;
    changed = true;
    return { ...block, terminator };
  });
  return changed ? aimed : blocks;
}

function retargeted(terminator: MachineTerminator, aim: (id: BlockId) => BlockId): MachineTerminator {
  if (terminator.op === 'return') return terminator;
  if (terminator.op === 'jump') {
    const target = aim(terminator.target);
    return target === terminator.target ? terminator : { ...terminator, target };
  }
  const [then, otherwise] = [aim(terminator.then), aim(terminator.otherwise)];
  if (then === otherwise) return { op: 'jump', target: then, at: terminator.at };
  if (then === terminator.then && otherwise === terminator.otherwise) return terminator;
  return { ...terminator, then, otherwise };
}

/** Moves the longest common end of blocks that have one into a block of its own. */
function shareTail(blocks: readonly MachineBlock[], texts: Texts): readonly MachineBlock[] {
  const byEnd = new Map<string, BlockId[]>();
  for (const id of reachableFrom(blocks)) {
    const { instructions, terminator } = at(blocks, id);
    if (terminator.op === 'branch' || instructions.length < LEAST) continue;
    const key = texts.ofAll([...instructions.slice(-leastTail(instructions)), terminator]);
    const known = byEnd.get(key);
    if (known === undefined) byEnd.set(key, [id]);
    else known.push(id);
  }
  // A block belongs to one group only, so that all can be done at once.
  const groups = [...byEnd.values()].filter(({ length }) => length > 1);
  return groups.reduce((shared, group) => withSharedTail(shared, group, texts), blocks);
}

function withSharedTail(
  blocks: readonly MachineBlock[],
  group: readonly BlockId[],
  texts: Texts,
): readonly MachineBlock[] {
  const bodies = group.map((id) => at(blocks, id).instructions);
  const shortest = Math.min(...bodies.map(({ length }) => length));
  const [model = []] = bodies;
  const least = leastTail(model);
  let length = least;
  const differs = (count: number) => bodies.some((body) => texts.of(body.at(-count)) !== texts.of(model.at(-count)));
  while (length < shortest && !differs(length + 1)) length++;
  while (length > least && bodies.some((body) => partsMapFromCall(body, length))) length--;
  const { terminator } = at(blocks, at(group, 0));
  const loopDepth = Math.min(...group.map((id) => at(blocks, id).loopDepth));
  const whole = group.find((id) => at(blocks, id).instructions.length === length && id !== 0);
  const target = whole ?? blocks.length;
  const shortened = blocks.map((block, id): MachineBlock => {
    if (!group.includes(id) || id === whole) return block;
    return { ...block, instructions: block.instructions.slice(0, -length), terminator: { op: 'jump', target } };
  });
  return whole === undefined
    ? [...shortened, { instructions: model.slice(-length), terminator, loopDepth }]
    : shortened;
}

/** A tail of this length begins between a map and the call that takes it. Where a call may be given one map or another, the kernel can
 *  neither put the map's own code in its place nor call it directly: a lookup took 20 ns more. */
function partsMapFromCall(instructions: readonly MachineInstruction[], length: number): boolean {
  const before = instructions.slice(0, -length);
  const since = before.slice(before.findLastIndex(({ op }) => op === 'call') + 1);
  return since.some(({ op }) => op === 'map') && instructions.slice(-length).some(({ op }) => op === 'call');
}

function leastTail(instructions: readonly MachineInstruction[]): number {
  let length = LEAST;
  while (partsMapFromCall(instructions, length)) length++;
  return length;
}

function reachableFrom(blocks: readonly MachineBlock[]): ReadonlySet<BlockId> {
  const reached = new Set<BlockId>([0]);
  for (const id of reached) {
    const { terminator } = at(blocks, id);
    if (terminator.op === 'jump') reached.add(terminator.target);
    if (terminator.op === 'branch') reached.add(terminator.then).add(terminator.otherwise);
  }
  return reached;
}

/** Texts to compare, made once of each object: equal for what does the same, wherever it comes from. */
class Texts {
  readonly #known = new Map<object, string>();

  of(item: MachineInstruction | MachineTerminator | undefined): string {
    return item === undefined ? '' : this.#once(item, (one) => textOf(one, PLACES));
  }

  ofAll(items: readonly (MachineInstruction | MachineTerminator)[]): string {
    return items.map((item) => this.of(item)).join();
  }

  ofBlock(block: MachineBlock): string {
    return this.#once(block, ({ instructions, terminator }) => this.ofAll([...instructions, terminator]));
  }

  #once<T extends object>(item: T, make: (item: T) => string): string {
    const known = this.#known.get(item);
    if (known !== undefined) return known;
    const made = make(item);
    this.#known.set(item, made);
    return made;
  }
}
