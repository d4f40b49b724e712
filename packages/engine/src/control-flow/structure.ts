// Ramsey, "Beyond Relooper" (ICFP 2022): each block is placed inside its immediate dominator; blocks that several branches
// reach follow a wasm block that those branches leave.

import type { Code, Label } from '../wasm/code.ts';
import type { Expr } from '../wasm/expressions.ts';
import type { Flow } from './blocks.ts';
import type { Dominance } from './dominators.ts';

/** Writes what blocks hold. */
export interface BlockWriter {
  /** The instructions of a block. */
  steps(block: number): void;
  /** At the top of every loop. */
  loopHead(block: number): void;
  exit(block: number): void;
  /** i32: whether the block's branch is taken. */
  condition(block: number): Expr;
}

/** Labels in scope, innermost first. */
type Scope = { readonly target: number; readonly label: Label; readonly outer: Scope } | undefined;
type Task = () => void;

export function writeStructured(code: Code, flow: Flow, dominance: Dominance, writer: BlockWriter): void {
  // What is left to write, last first; recursion would be as deep as the program is long.
  const tasks: Task[] = [];
  const later = (...next: readonly Task[]): void => {
    tasks.push(...next.toReversed());
  };
  const close = (): void => code.close();

  const tree = (block: number, scope: Scope): void => {
    const merging = (dominance.children[block] ?? []).filter((child) => dominance.merges.has(child)).reverse();
    if (!dominance.loopHeads.has(block)) {
      within(block, merging, scope);
      return;
    }
    const label = code.openLoop();
    writer.loopHead(block);
    later(() => within(block, merging, { target: block, label, outer: scope }), close);
  };

  const within = (block: number, merging: readonly number[], scope: Scope): void => {
    const [last, ...rest] = merging;
    if (last === undefined) {
      body(block, scope);
      return;
    }
    const label = code.openBlock();
    later(
      () => within(block, rest, { target: last, label, outer: scope }),
      close,
      () => tree(last, scope),
    );
  };

  const body = (block: number, scope: Scope): void => {
    writer.steps(block);
    const end = flow.blocks[block]?.end;
    if (end === undefined || end.kind === 'exit') {
      writer.exit(block);
      return;
    }
    if (end.kind === 'jump') {
      branch(block, end.to, scope);
      return;
    }
    const condition = writer.condition(block);
    if (isLabelled(block, end.taken)) {
      code.brIf(labelOf(end.taken, scope), condition);
      branch(block, end.otherwise, scope);
      return;
    }
    const inner: Scope = { target: -1, label: code.openIf(condition), outer: scope };
    later(
      () => branch(block, end.taken, inner),
      () => code.otherwise(),
      () => branch(block, end.otherwise, inner),
      close,
    );
  };

  const isLabelled = (from: number, to: number): boolean => to <= from || dominance.merges.has(to);
  const branch = (from: number, to: number, scope: Scope): void => {
    if (isLabelled(from, to)) code.br(labelOf(to, scope));
    else tree(to, scope);
  };

  tree(0, undefined);
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) task();
}

function labelOf(target: number, scope: Scope): Label {
  for (let at = scope; at !== undefined; at = at.outer) if (at.target === target) return at.label;
  throw new RangeError(`block ${target} is not in scope`);
}
