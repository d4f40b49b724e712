import type { ConditionalJump } from '@twinpath/ebpf/asm';
import { EngineError } from '../engine-error.ts';
import type { Step } from '../translate/decode.ts';

export type End =
  | { readonly kind: 'exit'; readonly slot: number }
  | { readonly kind: 'jump'; readonly to: number }
  | {
      readonly kind: 'branch';
      readonly slot: number;
      readonly jump: ConditionalJump;
      readonly taken: number;
      readonly otherwise: number;
    };

/** Instructions that run one behind the other. Blocks name each other by their numbers in the {@link Flow}. */
export interface Block {
  readonly steps: readonly Step[];
  readonly end: End;
}

/** What one function can reach, in reverse postorder: a branch to a block with a number not higher goes back. */
export interface Flow {
  readonly blocks: readonly Block[];
}

interface RawBlock {
  readonly steps: readonly Step[];
  /** Targets are slots. */
  readonly end: End;
}

export function flowFrom(steps: readonly (Step | undefined)[], entry: number): Flow {
  const leaders = leadersOf(steps, entry);
  const raw = new Map([...leaders].map((slot) => [slot, blockAt(steps, slot, leaders)]));
  const order = reversePostorder(entry, (slot) => successorsOf(found(raw, slot).end));
  const numbers = new Map(order.map((slot, number) => [slot, number]));
  return {
    blocks: order.map((slot) => {
      const { steps: own, end } = found(raw, slot);
      return { steps: own, end: renumber(end, (target) => found(numbers, target)) };
    }),
  };
}

export function successorsOf(end: End): readonly number[] {
  if (end.kind === 'exit') return [];
  return end.kind === 'jump' ? [end.to] : [end.otherwise, end.taken];
}

function renumber(end: End, number: (slot: number) => number): End {
  if (end.kind === 'jump') return { ...end, to: number(end.to) };
  if (end.kind === 'exit') return end;
  return { ...end, taken: number(end.taken), otherwise: number(end.otherwise) };
}

function found<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new RangeError(`no block begins at ${key}`);
  return value;
}

/** How a step ends its block, if it does; targets are slots. */
function endAt({ slot, size, instruction }: Step): End | undefined {
  const next = slot + size;
  switch (instruction.op) {
    case 'exit':
      return { kind: 'exit', slot };
    case 'ja':
    case 'gotol':
      return { kind: 'jump', to: next + Number(instruction.target) };
    default:
      if (!isConditional(instruction)) return undefined;
      return { kind: 'branch', slot, jump: instruction, taken: next + Number(instruction.target), otherwise: next };
  }
}

function isConditional(instruction: Step['instruction']): instruction is ConditionalJump {
  return 'target' in instruction && 'dst' in instruction && instruction.op !== 'ld_func';
}

function leadersOf(steps: readonly (Step | undefined)[], entry: number): ReadonlySet<number> {
  const leaders = new Set<number>();
  const waiting = [entry];
  for (let slot = waiting.pop(); slot !== undefined; slot = waiting.pop()) {
    if (leaders.has(slot)) continue;
    leaders.add(slot);
    for (let at = slot; ; ) {
      const step = stepAt(steps, at);
      const end = endAt(step);
      if (end !== undefined) {
        waiting.push(...successorsOf(end));
        break;
      }
      at += step.size;
    }
  }
  return leaders;
}

function blockAt(steps: readonly (Step | undefined)[], slot: number, leaders: ReadonlySet<number>): RawBlock {
  const own: Step[] = [];
  for (let at = slot; ; ) {
    if (at !== slot && leaders.has(at)) return { steps: own, end: { kind: 'jump', to: at } };
    const step = stepAt(steps, at);
    const end = endAt(step);
    if (end !== undefined) return { steps: own, end };
    own.push(step);
    at += step.size;
  }
}

function stepAt(steps: readonly (Step | undefined)[], slot: number): Step {
  const step = steps[slot];
  if (step !== undefined) return step;
  throw new EngineError(
    slot < steps.length && slot >= 0
      ? `a jump leads into the middle of the instruction at slot ${slot - 1}`
      : `the program runs past its end, to slot ${slot} of ${steps.length}`,
    'every path ends with exit',
  );
}

/** Without recursion: programs have thousands of blocks in a row. */
export function reversePostorder<N>(entry: N, successors: (node: N) => readonly N[]): readonly N[] {
  const order: N[] = [];
  const seen = new Set([entry]);
  const path = [{ node: entry, left: [...successors(entry)] }];
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const next = top.left.shift();
    if (next === undefined) {
      order.push(top.node);
      path.pop();
    } else if (!seen.has(next)) {
      seen.add(next);
      path.push({ node: next, left: [...successors(next)] });
    }
  }
  return order.reverse();
}
