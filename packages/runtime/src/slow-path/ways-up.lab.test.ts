// Ways up in the kernel: each on each hook, with and without a VLAN tag, and packets that are many.

import { createVeth, openFds, PacketSocket, setLink, Tap, traceFds } from '@twinpath/linux';
import { packetFromText, textOf } from '@twinpath/packet';
import { lineChain, type OwnFunctionSpec, type PortSpec } from '@twinpath/vnf/chain';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { RunningChain } from '../chain/running.ts';
import { startChain } from '../chain/start-chain.ts';
import { silent } from '../fixtures/silent.ts';
import { UdpSink } from '../fixtures/udp-sink.ts';
import { FAR_ADDRESS, NEAR_ADDRESS, Veth } from '../fixtures/veth.ts';
import { type Seen, UP } from '../fixtures/ways.vnf.ts';
import { takeDown } from '../host/take-down.ts';
import { WAYS_UP } from './ways-up.ts';

const CHAIN = 'tp-runtime-up';
const USE = new URL('../fixtures/ways.vnf.ts', import.meta.url).pathname;
const listening = { way: 'interface', interface: 'ear' } as const;
const BOTH: NonNullable<OwnFunctionSpec['reasons']> = { heard: listening, overheard: listening };
const HOST_PORT = 900;

let veth: Veth;
let ear: PacketSocket;
beforeAll(() => {
  traceFds();
  veth = new Veth('up');
  createVeth(veth.netlink, { name: 'ear', queues: 1, peer: { name: 'listener', queues: 1 } });
  for (const name of ['ear', 'listener']) setLink(veth.netlink, name, { up: true });
  ear = new PacketSocket({ link: 'listener', namespace: veth.near, receive: 'incoming' });
});
afterAll(() => {
  ear[Symbol.dispose]();
  expect(takeDown({ chain: CHAIN }).chains).toEqual([]);
  veth[Symbol.dispose]();
  expect(openFds()).toEqual([]);
});

interface Given {
  readonly copies: boolean;
  readonly port?: Partial<PortSpec>;
  readonly reasons?: OwnFunctionSpec['reasons'];
}

function start({ copies, port = {}, reasons = BOTH }: Given) {
  const ways: OwnFunctionSpec = { name: 'ways', use: USE, config: { copies }, reasons };
  return startChain(lineChain(CHAIN, { interface: 'port', namespace: veth.near, ...port }, [ways]), { log: silent });
}

const seenBy = async (chain: RunningChain) => (await chain.functions[0]?.operate('seen', undefined)) as readonly Seen[];

function udpIn(socket: { receive(): Uint8Array | undefined }): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let frame = socket.receive(); frame !== undefined; frame = socket.receive())
    if (textOf(frame).includes('/ udp ')) frames.push(frame);
  return frames;
}

describe.each([
  ['native XDP', { hook: 'xdp' }],
  ['generic XDP', { mode: 'generic' }],
  ['tcx', { hook: 'tcx' }],
] as const)('on %s', (_, port) => {
  const copies = 'hook' in port && port.hook === 'tcx';
  let chain: RunningChain;
  let sink: UdpSink;
  beforeAll(async () => {
    sink = await UdpSink.open(veth.near, NEAR_ADDRESS, [HOST_PORT]);
    chain = await start({ copies, port });
  });
  afterAll(async () => {
    await chain.stop();
    await sink[Symbol.asyncDispose]();
  });

  const ways = WAYS_UP.filter(({ needsCopies = false }) => copies || !needsCopies);
  const all = ways.flatMap((way) => ['', 'vlan 5 / '].map((tag) => ({ ...way, tag })));

  test.each(all)('$way of a packet, behind "$tag"', async ({ way, tag, up, reason, heard, goesOn }) => {
    sink.take();
    udpIn(ear);
    const text = `${tag}ip ${FAR_ADDRESS} > ${NEAR_ADDRESS} / udp ${UP[way]} > ${HOST_PORT} / "${'x'.repeat(100)}"`;
    const sent = packetFromText(`eth ${veth.farMac} > ${veth.nearMac} / ${text}`);
    veth.sendIn(text);
    const cameUp: Seen[] = [];
    const [host, listener]: [number[], Uint8Array[]] = [[], []];
    // The host has no interface for the tag.
    const expected = { up: up === undefined ? 0 : 1, heard: heard ? 1 : 0, host: goesOn && tag === '' ? 1 : 0 };
    const take = async () => {
      cameUp.push(...(await seenBy(chain)));
      host.push(...sink.take());
      listener.push(...udpIn(ear));
      return { up: cameUp.length, heard: listener.length, host: host.length };
    };
    await vi.waitFor(async () => expect(await take()).toEqual(expected), 2000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await take()).toEqual(expected);
    for (const frame of listener) expect(textOf(frame)).toBe(textOf(sent));
    for (const one of cameUp) {
      const [length, captured] = { whole: [sent.length, sent.length], beginning: [sent.length, 64], metadata: [0, 0] }[
        up ?? 'metadata'
      ] as [number, number];
      expect(one).toEqual({ reason, sport: UP[way], length, bytes: sent.slice(0, captured) });
    }
  });

  test('what is over the limit, or finds no listener, goes on as declared, and is counted', async () => {
    const reason = async () => (await chain.statistics()).functions[0]?.reasons.heard;
    const before = await reason();
    sink.take();
    const text = `ip ${FAR_ADDRESS} > ${NEAR_ADDRESS} / udp ${UP.listener} > ${HOST_PORT} / "in"`;
    setLink(veth.netlink, 'ear', { name: 'other' });
    try {
      await vi.waitFor(() => {
        veth.sendIn(text);
        expect(sink.take()).toContain(HOST_PORT);
      }, 2000);
      expect((await reason())?.lost).toBeGreaterThan(before?.lost ?? 0);
    } finally {
      setLink(veth.netlink, 'other', { name: 'ear' });
    }
    await vi.waitFor(() => {
      veth.sendIn(text);
      expect(udpIn(ear).length).toBeGreaterThan(0);
    }, 2000);
  });
});

test.each(['xdp', 'tcx'] as const)('a program gets packets from a TAP interface, on %s', async (hook) => {
  using tap = new Tap({ name: 'tap', namespace: veth.near });
  setLink(veth.netlink, 'tap', { up: true });
  const reasons = { ...BOTH, heard: { way: 'interface', interface: 'tap', limit: '1/s' } } as const;
  await using chain = await start({ copies: false, port: { hook }, reasons });
  const text = `ip ${FAR_ADDRESS} > ${NEAR_ADDRESS} / udp ${UP.listener} > ${HOST_PORT} / "in"`;
  const sent = packetFromText(`eth ${veth.farMac} > ${veth.nearMac} / ${text}`);
  const heard: string[] = [];
  const hear = () => heard.push(...udpIn({ receive: () => tap.read() }).map(textOf));
  veth.sendIn(text);
  await vi.waitFor(() => {
    hear();
    expect(heard).toEqual([textOf(sent)]);
  }, 2000);
  // Each CPU has its share of one in a second: further ones do what is declared, which is to go on.
  for (let more = 0; more < 10; more++) veth.sendIn(text);
  await vi.waitFor(async () => {
    hear();
    const [ways] = (await chain.statistics()).functions;
    const { up = 0, overLimit = 0, lost } = ways?.reasons.heard ?? {};
    expect({ up, overLimit, lost }).toEqual({ up: heard.length, overLimit: 11 - heard.length, lost: 0 });
    expect(ways?.verdicts.next).toBeGreaterThanOrEqual(overLimit);
  }, 2000);
  expect(heard.length).toBeLessThan(11);
});

describe("a reason by way of 'interface' is refused", () => {
  test('where the chain names no interface', async () => {
    await expect(start({ copies: false, reasons: {} })).rejects.toMatchObject({
      code: 'TP_CHAIN_SPEC',
      message: `chain ${CHAIN}: reason heard of function ways goes up by an interface, and none is named`,
      path: ['functions', 0, 'reasons', 'heard', 'interface'],
    });
  });

  test('where there is no such interface', async () => {
    const reasons = { ...BOTH, heard: { way: 'interface', interface: 'nose' } } as const;
    await expect(start({ copies: false, reasons })).rejects.toMatchObject({
      code: 'TP_INTERFACE',
      message: `chain ${CHAIN}: there is no interface nose for reason heard of function ways`,
      hint: expect.stringContaining('ear'),
    });
  });

  test('for copies on XDP', async () => {
    await expect(start({ copies: true, port: { hook: 'xdp' } })).rejects.toThrow(/TP5006/);
  });
});
