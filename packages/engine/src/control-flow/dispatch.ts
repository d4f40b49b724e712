// For flows with loops of several entries: one wasm loop around a table of all blocks.

import type { Code } from '../wasm/code.ts';
import { get, i32, select } from '../wasm/expressions.ts';
import type { Flow } from './blocks.ts';
import type { BlockWriter } from './structure.ts';

export function writeDispatch(code: Code, { blocks }: Flow, writer: BlockWriter): void {
  const next = code.local('i32');
  const loop = code.openLoop();
  // The innermost wasm block ends where block 0 begins.
  const labels = blocks.map(() => code.openBlock()).reverse();
  // Any branch may be one back.
  writer.loopHead(0);
  code.brTable(get(next), labels);
  for (const [block, { end }] of blocks.entries()) {
    code.close();
    writer.steps(block);
    if (end.kind === 'exit') {
      writer.exit(block);
      continue;
    }
    const to =
      end.kind === 'jump'
        ? i32.const(end.to)
        : select(i32.const(end.taken), i32.const(end.otherwise), writer.condition(block));
    code.set(next, to);
    code.br(loop);
  }
  code.close();
}
