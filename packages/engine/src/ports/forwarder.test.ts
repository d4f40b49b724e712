import { describe, expect, it } from 'vitest';
import { Engine } from '../engine.ts';
import { programText } from '../test/program-text.ts';
import {
  BURST_BYTES,
  createFramePool,
  createPort,
  createVerdictCounters,
  FarEnd,
  Forwarder,
  FramePool,
  inletHeader,
  Port,
  SIDE,
} from './index.ts';
import type { Assignment } from './ways.ts';

const WIRE = 1;
const OTHER = 2;
const HOST = 101;
const INLET = 200;
const NOTHING: Assignment = { program: 0, host: undefined, interfaces: [], inlet: undefined };
const sched = (text: string) => ({ ...programText(text), type: 'sched-cls' as const });
const PASS = 'r0 = 0\nexit';

/** Writes a number into the first byte. */
const stamp = (digit: number, rest: string) => `
  r2 = *(u32 *)(r1 +76)
  r3 = ${digit}
  *(u8 *)(r2 +0) = r3
  ${rest}`;

/** Two interfaces, a host behind the first, and an inlet. */
function setUp() {
  const engine: Engine = new Engine({
    bytes: 16 << 20,
    clone: (_, context, ifindex, flags) => forwarder.clone(context, ifindex, flags),
  });
  const pool = createFramePool(engine, { frames: 512 });
  const place = {
    contexts: engine.allocate(BURST_BYTES, 'contexts'),
    counters: createVerdictCounters(engine),
  };
  const forwarder = new Forwarder(engine, new FramePool(engine.memory, pool), place);
  const ends = new Map(
    [WIRE, OTHER, HOST, INLET].map((number, index) => {
      const image = createPort(engine, {
        number,
        name: `port ${number}`,
        slot: index + 1,
        ringSize: 64,
        device: { kind: 'memory' },
      });
      forwarder.addPort(new Port(engine.memory, forwarder.pool, image, { [Symbol.dispose]() {} }));
      return [number, new FarEnd(engine.memory, pool, image)] as const;
    }),
  );
  const end = (number: number) => ends.get(number) ?? expect.fail();
  const sent = (number: number) => {
    const frames: number[][] = [];
    end(number).collect((bytes) => frames.push([...bytes]));
    return frames;
  };
  return {
    engine,
    forwarder,
    /** Which ports frames come out of, and their first bytes. */
    send(number: number, frames: readonly Uint8Array[], before?: Uint8Array) {
      for (const frame of frames) end(number).deliver(frame, before);
      end(number).ring();
      while (forwarder.round() > 0);
      const seen: Record<number, number[][]> = {};
      for (const one of [WIRE, OTHER, HOST]) {
        const came = sent(one);
        if (came.length > 0) seen[one] = came;
      }
      return seen;
    },
    audit: () => [...forwarder.pool.audit().values()].reduce((sum, count) => sum + count, 0),
  };
}

const frame = (first: number, length = 20) => Uint8Array.from({ length }, (_, index) => (index === 0 ? first : index));
const bytes = (first: number, length = 20) => [...frame(first, length)];

describe('an interface with programs for both ways', () => {
  it('judges what comes from the wire, and what the host sends', () => {
    const { engine, forwarder, send, audit } = setUp();
    const ingress = engine.load(sched(stamp(7, PASS))).id;
    const egress = engine.load(sched(stamp(8, PASS))).id;
    forwarder.assign({ ...NOTHING, interfaces: [{ number: WIRE, host: HOST, xdp: 0, ingress, egress }] });
    expect(send(WIRE, [frame(1), frame(2)])).toEqual({ [HOST]: [bytes(7), bytes(7)] });
    expect(send(HOST, [frame(1)])).toEqual({ [WIRE]: [bytes(8)] });
    // Who has no interface, and no program, drops.
    expect(send(OTHER, [frame(1)])).toEqual({});
    expect(audit()).toBe(512);
  });

  it('lets what XDP passes meet the program for tc, with its metadata', () => {
    const { engine, forwarder, send } = setUp();
    const raise = `
      r6 = r1
      r2 = -4
      call bpf_xdp_adjust_meta
      r1 = *(u32 *)(r6 +8)
      r2 = 55
      *(u32 *)(r1 +0) = r2
      r0 = 2
      exit`;
    const read = `
      r3 = *(u32 *)(r1 +140)
      r3 = *(u8 *)(r3 +0)
      r2 = *(u32 *)(r1 +76)
      *(u8 *)(r2 +0) = r3
      r0 = -1
      exit`;
    const xdp = engine.load(programText(raise)).id;
    const ingress = engine.load(sched(read)).id;
    forwarder.assign({ ...NOTHING, interfaces: [{ number: WIRE, host: HOST, xdp, ingress, egress: 0 }] });
    expect(send(WIRE, [frame(1)])).toEqual({ [HOST]: [bytes(55)] });
  });

  it('lets frames go on where there is no program', () => {
    const { forwarder, send } = setUp();
    forwarder.assign({ ...NOTHING, interfaces: [{ number: WIRE, host: HOST, xdp: 0, ingress: 0, egress: 0 }] });
    expect(send(WIRE, [frame(1)])).toEqual({ [HOST]: [bytes(1)] });
    expect(send(HOST, [frame(1)])).toEqual({ [WIRE]: [bytes(1)] });
  });

  it('tells programs the interface, the length and the protocol, and nothing of the frame before', () => {
    const { engine, forwarder, send } = setUp();
    // The frame's first four bytes: ifindex, length, EtherType's first byte, mark before it is set.
    const text = `
      r2 = *(u32 *)(r1 +76)
      r3 = *(u32 *)(r1 +40)
      *(u8 *)(r2 +0) = r3
      r3 = *(u32 *)(r1 +0)
      *(u8 *)(r2 +1) = r3
      r3 = *(u32 *)(r1 +16)
      *(u8 *)(r2 +2) = r3
      r3 = *(u32 *)(r1 +8)
      *(u8 *)(r2 +3) = r3
      r3 = 99
      *(u32 *)(r1 +8) = r3
      r0 = 0
      exit`;
    const ingress = engine.load(sched(text)).id;
    forwarder.assign({ ...NOTHING, interfaces: [{ number: WIRE, host: HOST, xdp: 0, ingress, egress: 0 }] });
    const seen = send(WIRE, [frame(0, 60), frame(0, 61)])[HOST];
    expect(seen?.map((one) => one.slice(0, 4))).toEqual([
      [WIRE, 60, 12, 0],
      [WIRE, 61, 12, 0],
    ]);
  });

  it('sends what a program for tc redirects past the programs of the other interface', () => {
    const { engine, forwarder, send } = setUp();
    const ingress = engine.load(sched(`r1 = ${OTHER}\nr2 = 0\ncall bpf_redirect\nexit`)).id;
    const egress = engine.load(sched(stamp(8, PASS))).id;
    const into = engine.load(sched(`r1 = ${WIRE}\nr2 = 1\ncall bpf_redirect\nexit`)).id;
    const stamped = engine.load(sched(stamp(5, PASS))).id;
    forwarder.assign({
      ...NOTHING,
      interfaces: [
        { number: WIRE, host: HOST, xdp: 0, ingress, egress: into },
        { number: OTHER, host: undefined, xdp: 0, ingress: 0, egress },
      ],
    });
    expect(send(WIRE, [frame(1)])).toEqual({ [OTHER]: [bytes(8)] });
    forwarder.assign({
      ...NOTHING,
      interfaces: [{ number: WIRE, host: HOST, xdp: 0, ingress: stamped, egress: into }],
    });
    expect(send(HOST, [frame(1)])).toEqual({ [HOST]: [bytes(5)] });
    // One that sends to itself for ever.
    forwarder.assign({ ...NOTHING, interfaces: [{ number: WIRE, host: HOST, xdp: 0, ingress: into, egress: into }] });
    expect(send(WIRE, [frame(1)])).toEqual({});
  });

  it('copies as bpf_clone_redirect asks, and what the copies meet may copy', () => {
    const { engine, forwarder, send, audit } = setUp();
    const copy = `
      r6 = r1
      r2 = ${OTHER}
      r3 = 0
      call bpf_clone_redirect
      r1 = r6
      ${stamp(7, PASS)}`;
    const egress = engine.load(sched(stamp(8, PASS))).id;
    forwarder.assign({
      ...NOTHING,
      interfaces: [
        { number: WIRE, host: HOST, xdp: 0, ingress: engine.load(sched(copy)).id, egress: 0 },
        { number: OTHER, host: undefined, xdp: 0, ingress: 0, egress },
      ],
    });
    expect(send(WIRE, [frame(1)])).toEqual({ [HOST]: [bytes(7)], [OTHER]: [bytes(8)] });
    // One whose copies make copies ends.
    forwarder.assign({
      ...NOTHING,
      interfaces: [
        { number: WIRE, host: undefined, xdp: 0, ingress: engine.load(sched(copy)).id, egress: 0 },
        {
          number: OTHER,
          host: undefined,
          xdp: 0,
          ingress: 0,
          egress: engine.load(sched(copy.replace(PASS, 'r0 = 2\nexit'))).id,
        },
      ],
    });
    expect(send(WIRE, [frame(1)])).toEqual({});
    expect(audit()).toBe(512);
  });

  it('puts a tag that a program leaves beside the frame into its bytes', () => {
    const { engine, forwarder, send } = setUp();
    // ETH_P_8021Q in network order.
    const text = `r2 = 129\nr3 = 5\ncall bpf_skb_vlan_push\nr0 = 0\nexit`;
    const ingress = engine.load(sched(text)).id;
    forwarder.assign({ ...NOTHING, interfaces: [{ number: WIRE, host: HOST, xdp: 0, ingress, egress: 0 }] });
    const plain = bytes(1);
    expect(send(WIRE, [frame(1)])).toEqual({ [HOST]: [[...plain.slice(0, 12), 0x81, 0, 0, 5, ...plain.slice(12)]] });
  });
});

describe('an inlet', () => {
  it('has a frame judged by the program that it names, from either side, with what it says beside', () => {
    const { engine, forwarder, send } = setUp();
    const cell = engine.allocate(4, 'a cell');
    const text = `
      r2 = *(u32 *)(r1 +76)
      r3 = *(u32 *)(r1 +8)
      *(u8 *)(r2 +0) = r3
      r3 = *(u32 *)(r1 +32)
      *(u8 *)(r2 +1) = r3
      r3 = *(u32 *)(r1 +48)
      *(u8 *)(r2 +2) = r3
      r3 = *(u32 *)(r1 +40)
      *(u8 *)(r2 +3) = r3
      r0 = 0
      exit`;
    const program = engine.load(sched(text)).id;
    forwarder.assign({
      ...NOTHING,
      interfaces: [{ number: WIRE, host: HOST, xdp: 0, ingress: 0, egress: 0 }],
      inlet: INLET,
    });
    const beside = { mark: 5, priority: 6, control: 7 };
    const seen = (side: 0 | 1) => send(INLET, [frame(1)], inletHeader({ program, ifindex: WIRE, side, ...beside }));
    expect(seen(SIDE.wire)[HOST]?.[0]?.slice(0, 4)).toEqual([5, 6, 7, WIRE]);
    expect(seen(SIDE.host)[WIRE]?.[0]?.slice(0, 4)).toEqual([5, 6, 7, WIRE]);

    const xdp = engine.load(
      programText(`r2 = *(u32 *)(r1 +0)\nr3 = *(u32 *)(r1 +12)\n*(u8 *)(r2 +0) = r3\nr0 = 3\nexit`),
    ).id;
    const back = send(INLET, [frame(1)], inletHeader({ program: xdp, ifindex: WIRE, side: SIDE.wire, cell, value: 3 }));
    expect(back).toEqual({ [WIRE]: [bytes(WIRE)] });
    expect(engine.memory.getU32(cell)).toBe(0);
  });

  it('lets a frame go on without a program, and drops what belongs nowhere', () => {
    const { forwarder, send, audit } = setUp();
    forwarder.assign({
      ...NOTHING,
      interfaces: [{ number: WIRE, host: HOST, xdp: 0, ingress: 0, egress: 0 }],
      inlet: INLET,
    });
    expect(send(INLET, [frame(1)], inletHeader({ ifindex: WIRE, side: SIDE.wire }))).toEqual({ [HOST]: [bytes(1)] });
    expect(send(INLET, [frame(1)], inletHeader({ ifindex: WIRE, side: SIDE.host }))).toEqual({ [WIRE]: [bytes(1)] });
    expect(send(INLET, [frame(1)], inletHeader({ ifindex: 77, side: SIDE.host }))).toEqual({});
    expect(send(INLET, [frame(1)], inletHeader({ program: 999, ifindex: WIRE, side: SIDE.host }))).toEqual({});
    expect(audit()).toBe(512);
  });
});
