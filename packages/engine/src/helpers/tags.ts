// The VLAN helpers of tc programs: the outermost tag stands beside the packet, in the context; others lie in the bytes.

import { contextLayout, SKB } from '../memory/frame-context.ts';
import { w } from '../translate/registers.ts';
import { swap16 } from '../wasm/byte-swap.ts';
import type { Code } from '../wasm/code.ts';
import { call, type Expr, get, i32, i64, type Local } from '../wasm/expressions.ts';
import type { Library } from '../wasm/library.ts';
import type { Helpers } from './helper.ts';
import { insertRoom } from './resize.ts';

/** Protocol identifiers as they lie in a packet, read in the host's order. */
const CUSTOMER = 0x0081;
const SERVICE = 0xa888;
/** Behind both addresses. */
const TAG_AT = 12;
const TAG_SIZE = 4;
const { data } = contextLayout.skb;

const isTag = (protocol: Expr): Expr =>
  i32.or(i32.eq(protocol, i32.const(CUSTOMER)), i32.eq(protocol, i32.const(SERVICE)));

function setBeside(code: Code, context: Local, present: Expr, protocol: Expr, control: Expr): void {
  code.add(
    i32.store(get(context), present, SKB.vlanPresent),
    i32.store(get(context), protocol, SKB.vlanProto),
    i32.store(get(context), control, SKB.vlanTci),
  );
}

/** (context, protocol, control): a tag that is beside the packet goes into its bytes. */
function push(lib: Library): number {
  return lib.function('push tag', ['i32', 'i32', 'i32'], ['i64'], (code, context = 0, protocol = 0, control = 0) => {
    const field = (offset: number) => i32.load(get(context), offset);
    code.if(field(SKB.vlanPresent), () => {
      const room = call(insertRoom(lib), get(context), i32.const(TAG_AT), i32.const(TAG_SIZE));
      const failed = code.keep('i64', room);
      code.if(i64.ne(get(failed), i64.const(0)), () => code.return(get(failed)));
      const tag = i32.add(field(data), i32.const(TAG_AT));
      code.add(i32.store16(tag, field(SKB.vlanProto)), i32.store16(tag, swap16(code, field(SKB.vlanTci)), 2));
      code.add(i32.store(get(context), field(SKB.vlanProto), SKB.protocol));
    });
    const kind = code.keep('i32', i32.and(get(protocol), i32.const(0xffff)));
    code.if(i32.eqz(isTag(get(kind))), () => code.set(kind, i32.const(CUSTOMER)));
    setBeside(code, context, i32.const(1), get(kind), i32.and(get(control), i32.const(0xffff)));
    code.return(i64.const(0));
    code.unreachable();
  });
}

/** (context): the next tag of the bytes, if there is one, goes beside the packet. */
function pop(lib: Library): number {
  return lib.function('pop tag', ['i32'], ['i64'], (code, context = 0) => {
    const field = (offset: number) => i32.load(get(context), offset);
    const none = i32.const(0);
    code.if(
      field(SKB.vlanPresent),
      () => setBeside(code, context, none, none, none),
      () => code.if(isTag(field(SKB.protocol)), () => code.drop(call(takeOut(lib), get(context)))),
    );
    code.if(isTag(field(SKB.protocol)), () => {
      const protocol = code.keep('i32', field(SKB.protocol));
      const control = code.keep('i32', call(takeOut(lib), get(context)));
      setBeside(code, context, i32.const(1), get(protocol), get(control));
    });
    code.return(i64.const(0));
    code.unreachable();
  });
}

/** (context) → control information of the first tag of the bytes, which goes. */
function takeOut(lib: Library): number {
  return lib.function('take tag out', ['i32'], ['i32'], (code, context = 0) => {
    const at = (offset: number) => i32.load16_u(i32.load(get(context), data), offset);
    const control = code.keep('i32', swap16(code, at(TAG_AT + 2)));
    code.drop(call(insertRoom(lib), get(context), i32.const(TAG_AT), i32.const(-TAG_SIZE)));
    code.add(i32.store(get(context), at(TAG_AT), SKB.protocol));
    code.return(get(control));
    code.unreachable();
  });
}

export const tagHelpers: Helpers = {
  skb_vlan_push: (writer) => writer.set(0, call(push(writer.program.lib), writer.context, w(2), w(3))),
  skb_vlan_pop: (writer) => writer.set(0, call(pop(writer.program.lib), writer.context)),
};
