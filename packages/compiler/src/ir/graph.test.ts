import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { graphOfSuccessors } from './graph.ts';

const graphs = fc.integer({ min: 1, max: 9 }).chain((count) =>
  fc.array(fc.uniqueArray(fc.integer({ min: 0, max: count - 1 }), { maxLength: 2 }), {
    minLength: count,
    maxLength: count,
  }),
);

/** Blocks that control can reach without passing a certain one. */
function reachable(successors: readonly (readonly number[])[], without?: number): ReadonlySet<number> {
  const seen = new Set<number>(without === 0 ? [] : [0]);
  for (const block of seen) for (const next of successors[block] ?? []) if (next !== without) seen.add(next);
  return seen;
}

describe('graphOfSuccessors', () => {
  it('orders exactly the reachable blocks, each behind one of its predecessors', () => {
    fc.assert(
      fc.property(graphs, (successors) => {
        const { order, predecessors } = graphOfSuccessors(successors);
        expect(new Set(order)).toEqual(reachable(successors));
        for (const [index, block] of order.entries()) {
          if (index === 0) continue;
          expect(predecessors[block]?.some((from) => order.indexOf(from) < index)).toBe(true);
        }
      }),
    );
  });

  it('says that a block dominates those that cannot be reached without it', () => {
    fc.assert(
      fc.property(graphs, (successors) => {
        const graph = graphOfSuccessors(successors);
        for (const above of graph.order) {
          const avoiding = reachable(successors, above);
          for (const below of graph.order) {
            expect(graph.dominates(above, below)).toBe(above === below || !avoiding.has(below));
          }
        }
      }),
    );
  });

  it('finds the head and the depth of nested loops', () => {
    const graph = graphOfSuccessors([[1], [2, 5], [3], [3, 4], [1], []]);
    expect([...graph.loopHeaders]).toEqual([1, 3]);
    expect(graph.loopDepth).toEqual([0, 1, 1, 2, 1, 0]);
  });
});
