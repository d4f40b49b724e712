import { EVENT, eventPrefix, ORIGINS } from '@twinpath/compiler/abi';
import { packetFromText, textOf, verifyChecksums } from '@twinpath/packet';
import {
  type CopiedPacket,
  fiveTuple,
  type HeldPacket,
  type Log,
  next,
  notice,
  packetCopy,
  packetIn,
  u32,
  vnf,
} from '@twinpath/vnf';
import { codec } from '@twinpath/vnf/layout';
import { planFunction } from '@twinpath/vnf/plan';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { InstancePlaces } from '../instance-plane.ts';
import type { PacketOut } from '../packet-out/packet-out.ts';
import { UndeliveredError } from '../packet-out/undelivered.ts';
import { WriteCollector } from '../tables/write-collector.ts';
import { type BatchHandler, Dispatcher } from './dispatcher.ts';
import { LimitedLog } from './limited-log.ts';
import { SlowPathCounts } from './slow-path-counts.ts';

const plan = planFunction(
  vnf({
    name: 'reasons',
    reasons: {
      asked: packetIn({ metadata: { flow: fiveTuple }, limit: '10/s', answerWithin: '100 ms' }),
      resumed: packetIn({ limit: '10/s', unanswered: 'resume', answerWithin: '100 ms' }),
      copied: packetCopy({ limit: '10/s', snap: 64 }),
      told: notice({ metadata: { value: u32 }, limit: '10/s' }),
    },
    fastPath: () => next,
    slowPath: () => ({ asked() {}, resumed() {}, copied() {}, told() {} }),
  }),
);

const frame = packetFromText('ip 10.0.0.1 > 10.0.0.2 / udp 5 > 7 / "no need to be padded"');

interface Given {
  readonly metadata?: unknown;
  readonly packet?: Uint8Array;
  readonly length?: number;
  readonly origin?: (typeof ORIGINS)[number];
  readonly trips?: number;
  readonly vlan?: number;
}

/** An event as a program writes it. */
function event(name: string, { metadata, packet = frame, length, origin = 'xdp', trips = 0, vlan = 0 }: Given = {}) {
  const reason = plan.reasons.find((one) => one.name === name);
  if (reason === undefined) throw new Error(`there is a reason ${name}`);
  const prefix = eventPrefix(reason.metadata?.size ?? 0);
  const view = new DataView(new ArrayBuffer(prefix + packet.length));
  view.setUint16(EVENT.reason, reason.index, true);
  view.setUint8(EVENT.origin, ORIGINS.indexOf(origin));
  view.setUint8(EVENT.trips, trips);
  view.setUint32(EVENT.ifindex, 3, true);
  view.setUint32(EVENT.length, length ?? packet.length, true);
  view.setUint32(EVENT.captured, packet.length, true);
  view.setUint32(EVENT.vlan, vlan, true);
  view.setBigUint64(EVENT.time, 77n, true);
  const bytes = new Uint8Array(view.buffer);
  if (reason.metadata !== undefined) bytes.set(codec(reason.metadata).encode(metadata), EVENT.header);
  bytes.set(packet, prefix);
  return view;
}

const flow = { src: '10.0.0.1', dst: '10.0.0.2', sport: 5, dport: 7, protocol: 'udp' } as const;

const PLACES: InstancePlaces = {
  placements: [],
  ports: [{ name: 'eth1', ifindex: 3, namespace: undefined, hook: 'xdp' }],
  beginnings: [],
  arrays: {},
};

type Handlers = Readonly<Record<string, ((...operands: never[]) => unknown) | BatchHandler>>;

function open(handlers: Handlers) {
  const sent: string[] = [];
  const record = (what: string) => (bytes: Uint8Array) => void sent.push(`${what} ${textOf(bytes)}`);
  const packetOut: PacketOut = {
    retry: ({ hook, bytes, trips }) => record(`retry ${hook} ${trips + 1}`)(bytes),
    enter: ({ hook, bytes, trips }, port) => record(`enter ${port ?? 'its own'} ${hook} ${trips + 1}`)(bytes),
    resume: ({ hook, bytes }) => record(`resume ${hook}`)(bytes),
    stack: ({ hook, bytes }) => record(`stack ${hook}`)(bytes),
    bounce: ({ hook, bytes }) => record(`bounce ${hook}`)(bytes),
    forward: ({ bytes }, port) => record(`forward ${port}`)(bytes),
    send: (ifindex, bytes) => record(`send ${ifindex}`)(bytes),
    receive: (ifindex, bytes) => record(`receive ${ifindex}`)(bytes),
    flush: vi.fn(),
  };
  const lines: string[] = [];
  const line = (text: string) => void lines.push(text);
  const log: Log = { debug: line, info: line, warn: line, error: line };
  const counts = new SlowPathCounts();
  const writes = new WriteCollector();
  const table = new Map(
    Object.entries(handlers).map(([name, handler]) => [
      name,
      typeof handler === 'function'
        ? (...given: readonly unknown[]) => Reflect.apply(handler, undefined, given)
        : handler,
    ]),
  );
  const dispatcher = new Dispatcher(
    plan,
    { packetOut, counts, log: new LimitedLog(log), places: () => PLACES, writes },
    table,
  );
  const receive = (...views: readonly DataView[]) => {
    for (const view of views) dispatcher.receive(view, 0, view.byteLength);
    dispatcher.drained();
  };
  return { dispatcher, receive, packetOut, sent, lines, counts, writes };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('an event', () => {
  test('becomes a packet with views and metadata', () => {
    const asked = vi.fn((packet: HeldPacket) => packet.drop());
    const { receive } = open({ asked });
    receive(event('asked', { metadata: { flow } }));
    expect(asked).toHaveBeenCalledWith(expect.objectContaining({ port: 'eth1', now: 77, length: frame.length }), {
      flow,
    });
    const [[packet] = []] = asked.mock.calls;
    expect(packet?.ip()?.udp()?.dport).toBe(7);
    expect(String(packet)).toBe(textOf(frame));
  });

  test('without a packet is only its metadata', () => {
    const told = vi.fn();
    const { receive } = open({ told });
    receive(event('told', { metadata: { value: 9 }, packet: new Uint8Array(), length: 60 }));
    expect(told).toHaveBeenCalledExactlyOnceWith({ value: 9 });
  });

  test('of a copy cannot be answered', () => {
    const copied = vi.fn((packet: CopiedPacket) => packet);
    const { receive } = open({ copied });
    receive(event('copied', { packet: frame.subarray(0, 40), length: 1500 }));
    const [[packet] = []] = copied.mock.calls;
    expect(packet).not.toHaveProperty('resume');
    expect(packet?.length).toBe(1500);
    expect(packet?.bytes.length).toBe(40);
  });

  test('has the VLAN tag that the kernel kept beside the packet', () => {
    const { receive, sent } = open({ resumed: (packet: HeldPacket) => packet.resume() });
    // 0x8100 as it lies in the packet, read in host order; priority 3, VLAN 5.
    receive(event('resumed', { origin: 'tcx-egress', vlan: ((0x0081 << 16) | 0x6005) >>> 0 }));
    expect(sent).toEqual([
      'resume tcx-egress eth / vlan 5 priority 3 / ip 10.0.0.1 > 10.0.0.2 / udp 5 > 7 / "no need to be padded"',
    ]);
  });

  test('has the checksum that a local sender left to the hardware', () => {
    const partial = frame.slice();
    // The sum of the pseudo-header: addresses, protocol 17, length 28.
    new DataView(partial.buffer).setUint16(40, 0x0a00 + 1 + 0x0a00 + 2 + 17 + 28);
    expect(verifyChecksums(partial).every(({ isRight }) => isRight)).toBe(false);
    const resumed = vi.fn((packet: HeldPacket) => packet.resume());
    const { receive, sent } = open({ resumed });
    receive(event('resumed', { packet: partial }));
    expect(sent).toEqual([`resume xdp ${textOf(frame)}`]);
  });

  test('of any bytes throws nothing', () => {
    const { dispatcher, counts } = open({ asked: (packet: HeldPacket) => packet.drop() });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        dispatcher.receive(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length);
      }),
    );
    expect(counts.malformed).toBeGreaterThan(0);
  });
});

describe('a handed-over packet', () => {
  test.for([
    ['resume', 'xdp', 'resume xdp'],
    ['stack', 'xdp', 'stack xdp'],
    ['retry', 'xdp', 'retry xdp 1'],
    ['receive', 'xdp', 'enter its own xdp 1'],
    ['bounce', 'xdp', 'bounce xdp'],
    ['resume', 'tcx-egress', 'resume tcx-egress'],
    ['retry', 'tcx-egress', 'retry tcx-egress 1'],
    ['bounce', 'tcx-egress', 'bounce tcx-egress'],
    ['resume', 'tcx-ingress', 'resume tcx-ingress'],
  ] as const)('is given back by %s on %s: %s', ([verb, origin, expected]) => {
    const { receive, sent, counts } = open({ resumed: (packet: HeldPacket) => packet[verb]() });
    receive(event('resumed', { origin }));
    expect(sent).toEqual([`${expected} ${textOf(frame)}`]);
    expect(counts.statistics()).toMatchObject({ handedUp: 1, answered: { [verb]: 1 }, unanswered: 0 });
  });

  test('goes with the changes that were made through its views', () => {
    const resumed = (packet: HeldPacket) => {
      const ip = packet.ip();
      if (ip) ip.dst = '10.0.0.9';
      packet.forward('eth1');
    };
    const { receive, sent } = open({ resumed });
    receive(event('resumed'));
    expect(sent).toEqual(['forward eth1 eth / ip 10.0.0.1 > 10.0.0.9 / udp 5 > 7 / "no need to be padded"']);
  });

  test('is replied to on the side where it came from', () => {
    const reply = packetFromText('ip 10.0.0.2 > 10.0.0.1 / icmp unreachable');
    const { receive, sent } = open({ resumed: (packet: HeldPacket) => packet.reply(reply) });
    receive(event('resumed'));
    receive(event('resumed', { origin: 'tcx-egress' }));
    expect(sent).toEqual([`send 3 ${textOf(reply)}`, `receive 3 ${textOf(reply)}`]);
  });

  test('knows its port only', () => {
    const { receive, lines, counts } = open({ resumed: (packet: HeldPacket) => packet.forward('eth2') });
    receive(event('resumed'));
    expect(lines.join()).toContain("there is no port 'eth2'");
    expect(counts.answered.forward).toBe(0);
  });

  test('gets one answer: a second one throws, and is logged', () => {
    const { receive, sent, lines, counts } = open({
      resumed(packet: HeldPacket) {
        packet.drop();
        packet.resume();
      },
    });
    receive(event('resumed'));
    expect(sent).toEqual([]);
    expect(lines[0]).toContain('resume(): the packet that came up as resumed has had its answer: drop()');
    expect(counts.statistics()).toMatchObject({ answered: { drop: 1, resume: 0 }, handlerErrors: 1, unanswered: 0 });
  });

  test('is dropped when it would go through the function a fourth time', () => {
    const { receive, sent, counts, lines } = open({ resumed: (packet: HeldPacket) => packet.retry() });
    receive(event('resumed', { trips: 2 }));
    receive(event('resumed', { trips: 3 }));
    expect(sent).toEqual([`retry xdp 3 ${textOf(frame)}`]);
    expect(counts.statistics()).toMatchObject({ answered: { retry: 2 }, looped: 1 });
    expect(lines[0]).toContain('3 times already');
  });

  test('is dropped when only its beginning came up, but may be replied to', () => {
    const { receive, sent, counts } = open({ resumed: (packet: HeldPacket) => packet.resume() });
    receive(event('resumed', { length: 2000 }));
    expect(sent).toEqual([]);
    expect(counts.truncated).toBe(1);
    const replying = open({ resumed: (packet: HeldPacket) => packet.reply(frame) });
    replying.receive(event('resumed', { length: 2000 }));
    expect(replying.sent).toHaveLength(1);
  });

  test('that nobody answers in time is treated as its reason says, once', async () => {
    const held: HeldPacket[] = [];
    const keep = (packet: HeldPacket) => void held.push(packet);
    const { receive, sent, counts, lines } = open({ asked: keep, resumed: keep });
    receive(event('asked', { metadata: { flow } }));
    receive(event('resumed'));
    await vi.advanceTimersByTimeAsync(99);
    expect(counts.unanswered).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(counts.unanswered).toBe(2);
    expect(sent).toEqual([`resume xdp ${textOf(frame)}`]);
    expect(lines).toEqual(['asked: nobody answered in time: drop', 'resumed: nobody answered in time: resume']);
    expect(() => held[0]?.retry()).toThrow('nobody answered in time, so it was dropped');
  });

  test('whose handler is too late is counted as unanswered, not as an error', async () => {
    const { receive, counts } = open({
      async resumed(packet: HeldPacket) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        packet.drop();
      },
    });
    receive(event('resumed'));
    await vi.advanceTimersByTimeAsync(1000);
    expect(counts.statistics()).toMatchObject({ unanswered: 1, handlerErrors: 0 });
  });

  test.for([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no'))],
    [
      'gives a thenable that rejects',
      () => ({ then: (_: unknown, no: (error: Error) => void) => no(new Error('no')) }),
    ],
  ] as const)('whose handler %s is treated as unanswered', async ([, handler]) => {
    const { receive, sent, counts, lines } = open({ resumed: handler });
    receive(event('resumed'));
    await vi.advanceTimersByTimeAsync(0);
    expect(sent).toEqual([`resume xdp ${textOf(frame)}`]);
    expect(counts.statistics()).toMatchObject({ handlerErrors: 1, unanswered: 0 });
    expect(lines[0]).toContain('the handler of resumed failed: Error: no');
  });

  test('that cannot be sent is counted and logged', () => {
    const { receive, packetOut, counts, lines } = open({ resumed: (packet: HeldPacket) => packet.resume() });
    vi.spyOn(packetOut, 'resume').mockImplementation(() => {
      throw Object.assign(new Error('the interface is down'), { hint: 'set it up' });
    });
    receive(event('resumed'));
    expect(counts.undelivered).toBe(1);
    expect(lines[0]).toContain('resume failed, the packet is lost: Error: the interface is down; set it up');
  });

  test('goes out with the others that came up with it', () => {
    const { receive, packetOut } = open({ resumed: (packet: HeldPacket) => packet.resume() });
    receive(event('resumed'), event('resumed'), event('resumed'));
    expect(packetOut.flush).toHaveBeenCalledTimes(1);
  });

  test('goes out behind what was written to tables for it', () => {
    const order: string[] = [];
    const { receive, packetOut, writes, counts, lines } = open({
      resumed(packet: HeldPacket) {
        expect(writes.isOpen).toBe(true);
        writes.add({
          writeCollected: () => void order.push('written'),
          takeRefused: () => [new Error('the table is full')],
        });
        packet.resume();
      },
    });
    vi.spyOn(packetOut, 'flush').mockImplementation(() => void order.push('sent'));
    receive(event('resumed'));
    expect(order).toEqual(['written', 'sent']);
    expect(writes.isOpen).toBe(false);
    expect(counts.handlerErrors).toBe(1);
    expect(lines[0]).toContain('the table is full');
  });

  test('goes out at once when it is answered later, with others that are', async () => {
    const held: HeldPacket[] = [];
    const { receive, packetOut } = open({ resumed: (packet: HeldPacket) => void held.push(packet) });
    receive(event('resumed'), event('resumed'));
    const flush = vi.spyOn(packetOut, 'flush').mockClear();
    for (const packet of held) packet.resume();
    expect(flush).not.toHaveBeenCalled();
    await Promise.resolve();
    expect(flush).toHaveBeenCalledTimes(1);
  });

  test('that the kernel refuses is counted with all that were lost with it', () => {
    const { receive, packetOut, counts, lines } = open({ resumed: (packet: HeldPacket) => packet.resume() });
    vi.spyOn(packetOut, 'flush').mockImplementation(() => {
      throw new UndeliveredError(2, new Error('the interface is down'));
    });
    receive(event('resumed'), event('resumed'));
    expect(counts.undelivered).toBe(2);
    expect(lines[0]).toContain('2 packets could not be sent back: the interface is down');
  });

  test('is given up when the chain stops', async () => {
    const held: HeldPacket[] = [];
    const { receive, dispatcher, counts, sent } = open({ resumed: (packet: HeldPacket) => void held.push(packet) });
    receive(event('resumed'));
    dispatcher[Symbol.dispose]();
    await vi.advanceTimersByTimeAsync(1000);
    expect(counts.unanswered).toBe(0);
    expect(sent).toEqual([]);
    expect(() => held[0]?.resume()).toThrow('the chain was stopped');
  });

  test('whose handler goes on behind the end of the chain fails unheard', async () => {
    const { receive, dispatcher, counts, lines } = open({
      async resumed() {
        await new Promise((resolve) => setTimeout(resolve, 50));
        throw new Error('the tables are gone');
      },
    });
    receive(event('resumed'));
    dispatcher[Symbol.dispose]();
    await vi.advanceTimersByTimeAsync(1000);
    expect(counts.handlerErrors).toBe(0);
    expect(lines).toEqual([]);
  });
});

describe('a handler of batches', () => {
  const held = (events: readonly unknown[]) =>
    events.flatMap((one) => (Array.isArray(one) ? [one[0] as HeldPacket] : []));

  test('gets what came together, in order, before anything goes out', () => {
    const { receive, sent, packetOut, writes } = open({
      asked: {
        batch(events) {
          expect(events).toHaveLength(2);
          expect(writes.isOpen).toBe(true);
          for (const packet of held(events)) packet.resume();
          expect(packetOut.flush).not.toHaveBeenCalled();
        },
      },
      told: { batch: (events) => sent.push(JSON.stringify(events)) },
    });
    const told = event('told', { metadata: { value: 9 }, packet: new Uint8Array() });
    receive(event('asked', { metadata: { flow } }), told, event('asked', { metadata: { flow } }));
    expect(sent).toEqual([`resume xdp ${textOf(frame)}`, `resume xdp ${textOf(frame)}`, '[{"value":9}]']);
    expect(packetOut.flush).toHaveBeenCalledOnce();
    receive(told);
    expect(sent.at(-1)).toBe('[{"value":9}]');
  });

  test('that throws leaves packets that it has answered, and gives up the others', () => {
    const { receive, sent, counts } = open({
      resumed: {
        batch(events) {
          held(events)[0]?.bounce();
          throw new Error('no more');
        },
      },
    });
    receive(event('resumed'), event('resumed'));
    expect(sent).toEqual([`bounce xdp ${textOf(frame)}`, `resume xdp ${textOf(frame)}`]);
    expect(counts.handlerErrors).toBe(1);
  });

  test('that does not answer in time is told so', () => {
    const { receive, sent, counts } = open({ resumed: { batch: () => {} } });
    receive(event('resumed'), event('resumed'));
    vi.advanceTimersByTime(300);
    expect(sent).toHaveLength(2);
    expect(counts.unanswered).toBe(2);
  });
});
