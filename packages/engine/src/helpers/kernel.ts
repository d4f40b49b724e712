import { SKB } from '../memory/frame-context.ts';
import { w } from '../translate/registers.ts';
import { i32, i64, memory } from '../wasm/expressions.ts';
import type { Helper, Helpers } from './helper.ts';

/** The kernel's own structures behind the context: all of them are zero here, as for a packet fresh from the wire. */
const read: Helper = (writer) => {
  writer.code.add(memory.fill(writer.pointer(1, w(2), true), i32.const(0), w(2)));
  writer.set(0, i64.const(0));
};

export const kernelHelpers: Helpers = {
  probe_read_kernel: read,
  get_hash_recalc: (writer) => writer.set(0, i64.load32_u(writer.context, SKB.hash)),
};
