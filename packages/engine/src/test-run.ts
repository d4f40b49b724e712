import type { TestRun, TestRunResult } from '@twinpath/ebpf';
import type { Engine } from './engine.ts';
import { EngineError } from './engine-error.ts';
import type { EngineProgram } from './engine-program.ts';
import { REDIRECT, SKB, XDP_MD } from './memory/frame-context.ts';
import { protocolAt } from './ports/contexts.ts';

/** As the kernel's, without live frames. */
export type EngineTestRun = Pick<TestRun, 'data' | 'ctx' | 'repeat'>;

export interface EngineTestRunResult extends TestRunResult {
  /** What the program asked for, if its verdict is a redirect. */
  readonly redirect: EngineRedirect | undefined;
  /** The engine stopped the program. */
  readonly trapped: boolean;
}

/** `target`: the interface, or the number in the map's entry. `map`: the map's id. */
export interface EngineRedirect {
  readonly kind: 'interface' | 'entry' | 'broadcast';
  readonly target: number;
  readonly key: number;
  readonly map: number;
  readonly flags: number;
}

/** Room in front of a frame: XDP_PACKET_HEADROOM, of which struct xdp_frame takes some. */
const HEADROOM = 256;
const XDP_FRAME = 40;
/** How long an XDP frame may become: a page less headroom and struct skb_shared_info. */
const LONGEST_XDP = 4096 - HEADROOM - 320;
const LONGEST_SKB = 0xffff + 256;
const SHORTEST = 14;
/** The interface that packets are said to come from unless the context says. */
const LOOPBACK = 1;
const redirectKinds = ['interface', 'entry', 'broadcast'] as const;

export function testRun(
  engine: Engine,
  program: EngineProgram,
  { data, ctx, repeat = 1 }: EngineTestRun,
): EngineTestRunResult {
  if (data.length < SHORTEST) {
    throw new EngineError(`a packet of ${data.length} bytes`, 'packets begin with an Ethernet header of 14');
  }
  const { memory } = engine;
  const { context: layout } = program;
  const longest = Math.max(program.hook === 'xdp' ? LONGEST_XDP : LONGEST_SKB, data.length);
  const context = engine.allocate(layout.stride + HEADROOM + longest, 'a test run');
  try {
    const start = context + layout.stride + HEADROOM;
    // As in the kernel, whose programs may move the packet's head into the headroom and read what is there.
    memory.bytes.fill(0, context, start);
    memory.write(start, data);
    const metadata = program.hook === 'xdp' ? fillXdp(engine, context, ctx) : fillSkb(engine, context, data, ctx);
    memory.setU32(context + layout.data, start + metadata);
    memory.setU32(context + layout.dataMeta, start);
    memory.setU32(context + layout.dataEnd, start + data.length);
    memory.setU32(context + layout.head, start - HEADROOM + XDP_FRAME);
    memory.setU32(context + layout.tail, start + longest);
    const begin = performance.now();
    for (let run = 0; run < repeat; run++) program.run(context, 1);
    const durationNs = Math.round(((performance.now() - begin) * 1e6) / repeat);
    return { ...outcome(engine, program, context, ctx?.length ?? 0), durationNs };
  } finally {
    engine.free(context);
  }
}

/** Bytes of metadata in front of the packet. */
function fillXdp({ memory }: Engine, context: number, ctx: Uint8Array | undefined): number {
  const view = viewOf(ctx, 24);
  for (const field of Object.values(XDP_MD)) memory.setU32(context + field, view.getUint32(field, true));
  if (ctx === undefined) memory.setU32(context + XDP_MD.ingressIfindex, LOOPBACK);
  return view.getUint32(0, true);
}

function fillSkb({ memory }: Engine, context: number, data: Uint8Array, ctx: Uint8Array | undefined): number {
  if (ctx !== undefined) memory.write(context, ctx.subarray(0, SKB_BYTES));
  const set = (field: number, value: number) => {
    if (memory.getU32(context + field) === 0) memory.setU32(context + field, value);
  };
  set(SKB.len, data.length);
  set(SKB.wireLen, data.length);
  set(SKB.protocol, protocolAt(data, 0));
  set(SKB.ifindex, LOOPBACK);
  return 0;
}

const SKB_BYTES = 192;
function outcome({ memory }: Engine, { context: layout, hook }: EngineProgram, context: number, contextBytes: number) {
  const field = (offset: number) => memory.getU32(context + offset);
  const first = field(layout.dataMeta);
  const data = memory.read(first, field(layout.dataEnd) - first);
  const ctx = memory.read(context, Math.min(contextBytes, layout.size));
  if (hook === 'xdp' && ctx.length >= 8) {
    const view = new DataView(ctx.buffer);
    view.setUint32(0, field(layout.data) - first, true);
    view.setUint32(4, data.length, true);
  }
  const kind = redirectKinds[field(layout.redirectKind) - REDIRECT.interface];
  const redirect = kind && {
    kind,
    target: field(layout.redirectTarget),
    key: field(layout.redirectKey),
    map: field(layout.redirectMap),
    flags: field(layout.redirectFlags),
  };
  return { retval: field(layout.verdict), data, ctx, redirect, trapped: field(layout.trapped) !== 0 };
}

function viewOf(bytes: Uint8Array | undefined, length: number): DataView {
  const copy = new Uint8Array(length);
  copy.set((bytes ?? copy).subarray(0, length));
  return new DataView(copy.buffer);
}
