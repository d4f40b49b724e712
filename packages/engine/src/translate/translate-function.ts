import { flowFrom } from '../control-flow/blocks.ts';
import { writeDispatch } from '../control-flow/dispatch.ts';
import { dominance } from '../control-flow/dominators.ts';
import { type BlockWriter, writeStructured } from '../control-flow/structure.ts';
import { holdsMaps } from '../maps/shape.ts';
import type { Code } from '../wasm/code.ts';
import type { Step } from './decode.ts';
import { advance, factsOf } from './facts.ts';
import { FunctionWriter } from './function-writer.ts';
import { writeInstruction } from './instruction.ts';
import { jumpCondition } from './jump.ts';
import type { ProgramTranslation } from './program.ts';
import { r } from './registers.ts';
import { stackStores } from './stack-stores.ts';

/** The code of the function that begins at `entry`. */
export function translateFunction(
  program: ProgramTranslation,
  steps: readonly (Step | undefined)[],
  entry: number,
): Code {
  const flow = flowFrom(steps, entry);
  const isOuter = (name: string): boolean => {
    const map = program.maps.get(name);
    return map !== undefined && holdsMaps(map.shape.type);
  };
  const facts = factsOf(flow, isOuter);
  const writer = new FunctionWriter(
    program,
    stackStores(flow, facts, { isOuter, keySize: (name) => program.maps.get(name)?.shape.keySize ?? 0 }),
  );
  const { code } = writer;
  const blocks: BlockWriter = {
    steps(block) {
      writer.facts = facts[block] ?? [];
      writer.forget();
      for (const step of flow.blocks[block]?.steps ?? []) {
        const since = code.taken;
        code.mark(step.slot);
        writeInstruction(writer, step);
        writer.remember(step);
        code.recycle(since);
        writer.facts = advance(writer.facts, step, isOuter);
      }
    },
    loopHead: () => writer.burn(),
    exit: () => code.return(r(0)),
    condition(block) {
      const end = flow.blocks[block]?.end;
      if (end?.kind !== 'branch') throw new TypeError(`block ${block} does not end with a condition`);
      return jumpCondition(end.jump);
    },
  };
  const shape = dominance(flow);
  if (shape.reducible) writeStructured(code, flow, shape, blocks);
  else writeDispatch(code, flow, blocks);
  code.unreachable();
  return code;
}
