// What the text of a loop says about its variables.

import type { Declaration } from './declaration.ts';
import type { Expression } from './expression.ts';
import type { Loop } from './statement.ts';
import { childrenOf, everyNode, type Node } from './walk.ts';

/** A variable that moves by the same step each time around. */
export interface Induction {
  readonly declaration: Declaration;
  /** Not 0. */
  readonly step: bigint;
}

/** Assignments to one variable inside of a loop. */
export interface Assigned {
  readonly declaration: Declaration;
  readonly nodes: readonly Expression[];
  /** All of them are `x += …`, `x -= …`, `x++` or `x--`, and run at most once each time around. */
  readonly isSum: boolean;
}

export function assignedIn(loop: Loop): readonly Assigned[] {
  const found = new Map<Declaration, { node: Expression; isStep: boolean }[]>();
  const visit = (node: Node, isInner: boolean) => {
    if ((node.kind === 'assign' || node.kind === 'update') && node.target.kind === 'local') {
      const { declaration } = node.target;
      const isStep = node.kind === 'update' || node.operator === '+' || node.operator === '-';
      found.set(declaration, [...(found.get(declaration) ?? []), { node, isStep: isStep && !isInner }]);
    }
    const within = isInner || node.kind === 'loop' || node.kind === 'for-of';
    for (const child of childrenOf(node)) visit(child, within);
  };
  for (const part of repeatedParts(loop)) visit(part, false);
  return [...found].map(([declaration, steps]) => ({
    declaration,
    nodes: steps.map(({ node }) => node),
    isSum: steps.every(({ isStep }) => isStep),
  }));
}

const repeatedParts = ({ condition, step, body }: Loop): readonly Node[] =>
  [condition, body, step].filter((part) => part !== undefined);

/** Variables that are stepped exactly once each time around. */
export function inductionsOf(loop: Loop): readonly Induction[] {
  const always = new Set<Node>(alwaysRun(loop));
  return assignedIn(loop).flatMap(({ declaration, nodes }): readonly Induction[] => {
    const [node, ...others] = nodes;
    const step = node === undefined || others.length > 0 || !always.has(node) ? 0n : constantStep(node);
    return step === 0n ? [] : [{ declaration, step }];
  });
}

/** Expressions that no way around the loop leaves out. */
function alwaysRun({ step, body }: Loop): readonly Node[] {
  const inStep = step === undefined ? [] : [step];
  const statements = body.kind === 'block' ? body.body : [body];
  if ([...everyNode(body)].some(({ kind }) => kind === 'continue')) return inStep;
  return [...inStep, ...statements.flatMap((each) => (each.kind === 'expression' ? [each.expression] : []))];
}

function constantStep(node: Expression): bigint {
  if (node.kind === 'update') return node.operator === '++' ? 1n : -1n;
  if (node.kind !== 'assign' || node.value.kind !== 'literal') return 0n;
  const { value } = node.value;
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return 0n;
  return node.operator === '+' ? BigInt(value) : node.operator === '-' ? -BigInt(value) : 0n;
}

/** How large the code is that is repeated. */
export function sizeOf(loop: Loop): number {
  return repeatedParts(loop).reduce((sum, part) => sum + [...everyNode(part)].length, 0);
}
