import { type CallHelper, type CallSubprogram, helperName, type LoadFunction } from '@twinpath/ebpf/asm';
import { helpers } from '../helpers/table.ts';
import { call, i64 } from '../wasm/expressions.ts';
import { calleeFrame, checkStack } from './callee.ts';
import type { Step } from './decode.ts';
import type { FunctionWriter } from './function-writer.ts';
import { unsupported } from './program.ts';
import { r } from './registers.ts';

export function writeHelperCall(writer: FunctionWriter, { slot }: Step, { helper }: CallHelper): void {
  const name = helperName(helper);
  const write = name === undefined ? undefined : helpers.get(name);
  if (write === undefined) {
    unsupported(
      writer.program,
      slot,
      `the engine has no helper ${name ?? `number ${helper}`}`,
      `run the program in the kernel, or do without; there are ${[...helpers.keys()].sort().join(', ')}`,
    );
  }
  const other = writer.program.hook === 'xdp' ? SKB_ONLY : XDP_ONLY;
  if (other.test(name ?? '')) {
    unsupported(writer.program, slot, `${name} in a program for ${writer.program.hook}`, 'the other hook has it');
  }
  write(writer, slot);
}

const XDP_ONLY = /^xdp_/;
const SKB_ONLY = /^(skb_|l[34]_csum_|clone_redirect|get_hash_recalc)/;

/** A subprogram's frame lies below its caller's. */
export function writeSubprogramCall(writer: FunctionWriter, { slot }: Step, { target }: CallSubprogram): void {
  writer.burn();
  checkStack(writer);
  const number = writer.program.subprogram(slot + 1 + Number(target));
  writer.set(0, call(number, r(1), r(2), r(3), r(4), r(5), calleeFrame()));
}

/** A function as a value is its place in the module's own table. */
export function writeFunctionAddress(writer: FunctionWriter, { slot }: Step, { dst, target }: LoadFunction): void {
  const { builder } = writer.program.lib;
  const number = writer.program.subprogram(slot + 1 + Number(target));
  writer.set(dst, i64.const(builder.element(number)));
}
