// Helpers that copy bytes of the packet. Offsets count from the first byte of the frame.

import { copy } from '../maps/bytes.ts';
import { error } from '../maps/hash-code.ts';
import type { FunctionWriter } from '../translate/function-writer.ts';
import { w } from '../translate/registers.ts';
import { type Expr, get, i32, i64, memory } from '../wasm/expressions.ts';
import type { Helper, Helpers } from './helper.ts';

/** Copies up to here are written out. */
const SHORT = 64;
const XDP_LONGEST = 0xffff;

/** i32: bytes of the frame. */
export function frameLength({ program }: FunctionWriter, context: Expr): Expr {
  return i32.sub(i32.load(context, program.context.dataEnd), i32.load(context, program.context.data));
}

/** r2: offset, r4: length. Runs `inside` if the bytes are there, and `missing` if not; r0 says which. */
function within(writer: FunctionWriter, inside: (packet: Expr) => void, missing: () => void): void {
  const { code, program } = writer;
  const context = get(code.keep('i32', writer.context));
  const [offset, length] = [w(2), w(4)];
  // In 64 bits, so that nothing wraps around.
  const end = i64.add(i64.extend_u(offset), i64.extend_u(length));
  const fits = i64.le_u(end, i64.extend_u(frameLength(writer, context)));
  code.if(
    fits,
    () => {
      inside(i32.add(i32.load(context, program.context.data), offset));
      writer.set(0, i64.const(0));
    },
    () => {
      missing();
      if (program.hook === 'skb') return writer.set(0, error('EFAULT'));
      const tooLong = i32.or(i32.gt_u(offset, i32.const(XDP_LONGEST)), i32.gt_u(length, i32.const(XDP_LONGEST)));
      code.if(
        tooLong,
        () => writer.set(0, error('EFAULT')),
        () => writer.set(0, error('EINVAL')),
      );
    },
  );
}

function move(writer: FunctionWriter, to: Expr, from: Expr): void {
  const { code } = writer;
  const length = writer.constant(4);
  if (length === undefined || length > SHORT || length < 0) {
    code.add(memory.copy(to, from, w(4)));
    return;
  }
  copy(code, length, code.keep('i32', to), code.keep('i32', from));
}

const loadBytes: Helper = (writer) => {
  const buffer = get(writer.code.keep('i32', writer.pointer(3, w(4), true)));
  within(
    writer,
    (packet) => move(writer, buffer, packet),
    () => {
      // Only tc's helper clears the buffer when it fails.
      if (writer.program.hook === 'skb') writer.code.add(memory.fill(buffer, i32.const(0), w(4)));
    },
  );
};

const storeBytes: Helper = (writer) => {
  const buffer = get(writer.code.keep('i32', writer.pointer(3, w(4))));
  within(
    writer,
    (packet) => move(writer, packet, buffer),
    () => {},
  );
};

export const packetHelpers: Helpers = {
  xdp_load_bytes: loadBytes,
  xdp_store_bytes: storeBytes,
  skb_load_bytes: loadBytes,
  skb_store_bytes: storeBytes,
  xdp_get_buff_len: (writer) => {
    const context = get(writer.code.keep('i32', writer.context));
    writer.set(0, i64.extend_u(frameLength(writer, context)));
  },
};
