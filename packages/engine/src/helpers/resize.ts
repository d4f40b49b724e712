// Helpers that move the ends of the packet, or make room in it.

import { error } from '../maps/hash-code.ts';
import { contextLayout, SKB } from '../memory/frame-context.ts';
import type { FunctionWriter } from '../translate/function-writer.ts';
import { w } from '../translate/registers.ts';
import type { Code } from '../wasm/code.ts';
import { call, type Expr, get, i32, i64, type Local, memory, select } from '../wasm/expressions.ts';
import type { Library } from '../wasm/library.ts';
import type { Helper, Helpers } from './helper.ts';

const ETHERNET_HEADER = 14;
const EACCES = 13;
const ENOTSUPP = 524;
const LONGEST_METADATA = 32;

const ok = (code: Code): void => {
  code.return(i64.const(0));
  code.unreachable();
};

// Addresses are below 2^31 (see Engine): signed comparisons hold, and no distance wraps around unseen.
const isOutside = (at: Local, low: Expr, high: Expr): Expr => i32.or(i32.lt_s(get(at), low), i32.gt_s(get(at), high));

/** bpf_xdp_adjust_head: metadata move along. */
function adjustHead(lib: Library): number {
  const { data, dataEnd, dataMeta, head } = contextLayout.xdp;
  return lib.function('adjust head', ['i32', 'i32'], ['i64'], (code, context = 0, delta = 0) => {
    const field = (offset: number) => i32.load(get(context), offset);
    const length = code.keep('i32', i32.sub(field(data), field(dataMeta)));
    const start = code.keep('i32', i32.add(field(data), get(delta)));
    const lowest = i32.add(field(head), get(length));
    const highest = i32.sub(field(dataEnd), i32.const(ETHERNET_HEADER));
    code.if(isOutside(start, lowest, highest), () => code.return(error('EINVAL')));
    const meta = code.keep('i32', i32.sub(get(start), get(length)));
    code.add(memory.copy(get(meta), field(dataMeta), get(length)));
    code.add(i32.store(get(context), get(meta), dataMeta), i32.store(get(context), get(start), data));
    ok(code);
  });
}

/** bpf_xdp_adjust_tail: what is added is zero. */
function adjustTail(lib: Library): number {
  const { data, dataEnd, tail } = contextLayout.xdp;
  return lib.function('adjust tail', ['i32', 'i32'], ['i64'], (code, context = 0, delta = 0) => {
    const field = (offset: number) => i32.load(get(context), offset);
    const end = code.keep('i32', i32.add(field(dataEnd), get(delta)));
    const lowest = i32.add(field(data), i32.const(ETHERNET_HEADER));
    code.if(isOutside(end, lowest, field(tail)), () => code.return(error('EINVAL')));
    code.if(i32.gt_s(get(delta), i32.const(0)), () => code.add(memory.fill(field(dataEnd), i32.const(0), get(delta))));
    code.add(i32.store(get(context), get(end), dataEnd));
    ok(code);
  });
}

/** bpf_xdp_adjust_meta */
function adjustMeta(lib: Library): number {
  const { data, dataMeta, head } = contextLayout.xdp;
  return lib.function('adjust meta', ['i32', 'i32'], ['i64'], (code, context = 0, delta = 0) => {
    const field = (offset: number) => i32.load(get(context), offset);
    const meta = code.keep('i32', i32.add(field(dataMeta), get(delta)));
    code.if(isOutside(meta, field(head), field(data)), () => code.return(error('EINVAL')));
    const length = i32.sub(field(data), get(meta));
    const isInvalid = i32.or(i32.and(length, i32.const(3)), i32.gt_u(length, i32.const(LONGEST_METADATA)));
    code.if(isInvalid, () => code.return(i64.const(-EACCES)));
    code.add(i32.store(get(context), get(meta), dataMeta));
    ok(code);
  });
}

/**
 * (context, at, bytes) → 0 or minus ENOMEM: makes room of zeros at `at`, or takes bytes out of there when negative. The
 * bytes in front move; the frame has room for that in front, as an skb has.
 */
export function insertRoom(lib: Library): number {
  const { data, dataEnd, dataMeta, head } = contextLayout.skb;
  return lib.function('insert room', ['i32', 'i32', 'i32'], ['i64'], (code, context = 0, at = 0, bytes = 0) => {
    const before = code.keep('i32', i32.load(get(context), data));
    const start = code.keep('i32', i32.sub(get(before), get(bytes)));
    const last = i32.sub(i32.load(get(context), dataEnd), get(at));
    code.if(isOutside(start, i32.load(get(context), head), last), () => code.return(error('ENOMEM')));
    code.add(memory.copy(get(start), get(before), get(at)));
    code.if(i32.gt_s(get(bytes), i32.const(0)), () =>
      code.add(memory.fill(i32.add(get(start), get(at)), i32.const(0), get(bytes))),
    );
    code.add(i32.store(get(context), get(start), data), i32.store(get(context), get(start), dataMeta));
    code.add(i32.store(get(context), i32.sub(i32.load(get(context), dataEnd), get(start)), SKB.len));
    ok(code);
  });
}

/** bpf_skb_change_tail (context, length, flags): what is added is zero. */
function changeTail(lib: Library): number {
  const { data, dataEnd, tail } = contextLayout.skb;
  return lib.function('change tail', ['i32', 'i32', 'i32'], ['i64'], (code, context = 0, length = 0, flags = 0) => {
    const field = (offset: number) => i32.load(get(context), offset);
    const end = code.keep('i32', i32.add(field(data), get(length)));
    const lowest = i32.add(field(data), i32.const(ETHERNET_HEADER));
    const isInvalid = i32.or(get(flags), isOutside(end, lowest, field(tail)));
    code.if(isInvalid, () => code.return(error('EINVAL')));
    code.if(i32.gt_s(get(end), field(dataEnd)), () =>
      code.add(memory.fill(field(dataEnd), i32.const(0), i32.sub(get(end), field(dataEnd)))),
    );
    code.add(i32.store(get(context), get(end), dataEnd), i32.store(get(context), get(length), SKB.len));
    ok(code);
  });
}

/** bpf_skb_change_head (context, room, flags) */
const changeHead: Helper = (writer) => {
  const { code } = writer;
  const context = writer.context;
  code.if(
    i32.or(w(3), i32.lt_s(w(2), i32.const(0))),
    () => writer.set(0, error('EINVAL')),
    () => writer.set(0, call(insertRoom(writer.program.lib), context, i32.const(0), w(2))),
  );
};

const IPV4 = 0x0008;
const IPV6 = 0xdd86;
const MODE_MAC = 1;
const MOST_ROOM = 0xfff;
const ENCAP_L3_IPV4 = 1 << 1;
const ENCAP_L3_IPV6 = 1 << 2;
const DECAP_L3_IPV4 = 1 << 7;
const DECAP_L3_IPV6 = 1 << 8;

/** bpf_skb_adjust_room (context, bytes, mode, flags): behind the Ethernet header, or behind that of IP. */
function adjustRoom(lib: Library): number {
  const { data, dataEnd } = contextLayout.skb;
  const types = ['i32', 'i32', 'i32', 'i32'] as const;
  return lib.function('adjust room', types, ['i64'], (code, context = 0, bytes = 0, mode = 0, flags = 0) => {
    const field = (offset: number) => i32.load(get(context), offset);
    const far = i32.add(get(bytes), i32.const(MOST_ROOM));
    code.if(i32.gt_u(far, i32.const(2 * MOST_ROOM)), () => code.return(error('EFAULT')));
    code.if(i32.gt_u(get(mode), i32.const(MODE_MAC)), () => code.return(i64.const(-ENOTSUPP)));
    const isIpv4 = code.keep('i32', i32.eq(field(SKB.protocol), i32.const(IPV4)));
    const isIpv6 = i32.eq(field(SKB.protocol), i32.const(IPV6));
    code.if(i32.eqz(i32.or(get(isIpv4), isIpv6)), () => code.return(i64.const(-ENOTSUPP)));
    const header = code.keep('i32', select(i32.const(20), i32.const(40), get(isIpv4)));
    // What is taken must leave an IP header, or the inner one when the outer goes.
    const length = i32.sub(i32.sub(field(dataEnd), field(data)), i32.const(ETHERNET_HEADER));
    const left = code.keep('i32', i32.add(length, get(bytes)));
    const isDecap = i32.and(get(flags), i32.const(DECAP_L3_IPV4 | DECAP_L3_IPV6));
    const inner = select(i32.const(40), i32.const(20), i32.and(get(flags), i32.const(DECAP_L3_IPV6)));
    const least = select(inner, get(header), isDecap);
    code.if(i32.lt_s(get(left), least), () => code.return(i64.const(-ENOTSUPP)));
    const behind = select(i32.const(0), get(header), i32.eq(get(mode), i32.const(MODE_MAC)));
    const at = i32.add(i32.const(ETHERNET_HEADER), behind);
    const result = code.keep('i64', call(insertRoom(lib), get(context), at, get(bytes)));
    for (const [protocol, mask] of [
      [IPV4, ENCAP_L3_IPV4 | DECAP_L3_IPV4],
      [IPV6, ENCAP_L3_IPV6 | DECAP_L3_IPV6],
    ] as const) {
      code.if(i32.and(i64.eqz(get(result)), i32.ne(i32.and(get(flags), i32.const(mask)), i32.const(0))), () =>
        code.add(i32.store(get(context), i32.const(protocol), SKB.protocol)),
      );
    }
    code.return(get(result));
    code.unreachable();
  });
}

/** All bytes of a frame are linear here: pulling only asks whether they are there. */
const pull: Helper = (writer) => {
  const { code } = writer;
  const { data, dataEnd } = writer.program.context;
  const context = get(code.keep('i32', writer.context));
  const length = i32.sub(i32.load(context, dataEnd), i32.load(context, data));
  const missing = i64.extend_u(i32.gt_u(w(2), length));
  writer.set(0, i64.mul(missing, error('ENOMEM')));
};

const adjust =
  (number: (lib: Library) => number): Helper =>
  (writer: FunctionWriter) =>
    writer.set(0, call(number(writer.program.lib), writer.context, w(2)));

export const resizeHelpers: Helpers = {
  xdp_adjust_head: adjust(adjustHead),
  xdp_adjust_tail: adjust(adjustTail),
  xdp_adjust_meta: adjust(adjustMeta),
  skb_change_tail: (writer) => writer.set(0, call(changeTail(writer.program.lib), writer.context, w(2), w(3))),
  skb_change_head: changeHead,
  skb_adjust_room: (writer) => writer.set(0, call(adjustRoom(writer.program.lib), writer.context, w(2), w(3), w(4))),
  skb_pull_data: pull,
};
