import type { Phi, Program, ValueId } from '../ir/types.ts';
import { resolver, substitute } from './substitute.ts';

/** Replaces phis that have one and the same input on all edges, and second copies of a phi. */
export function removeTrivialPhis(program: Program): Program {
  const replacements = new Map<ValueId, ValueId>();
  const resolve = resolver(replacements);
  for (let changed = true; changed; ) {
    changed = false;
    for (const { phis } of program.blocks) {
      const seen = new Map<string, ValueId>();
      for (const phi of phis) {
        if (replacements.has(phi.result)) continue;
        const same = onlyInput(phi, resolve) ?? twin(phi, seen, resolve);
        if (same === undefined) continue;
        replacements.set(phi.result, same);
        changed = true;
      }
    }
  }
  if (replacements.size === 0) return program;
  const blocks = program.blocks.map((block) => ({
    ...block,
    phis: block.phis.filter((phi) => !replacements.has(phi.result)),
  }));
  return substitute({ ...program, blocks }, replacements);
}

function onlyInput({ result, inputs }: Phi, resolve: (value: ValueId) => ValueId): ValueId | undefined {
  const others = new Set(inputs.map(({ value }) => resolve(value)).filter((value) => value !== result));
  const [only] = others;
  return others.size === 1 ? only : undefined;
}

function twin({ result, inputs }: Phi, seen: Map<string, ValueId>, resolve: (value: ValueId) => ValueId) {
  const key = inputs
    .map(({ block, value }) => `${block}:${resolve(value)}`)
    .toSorted()
    .join();
  const found = seen.get(key);
  if (found === undefined) seen.set(key, result);
  return found;
}
