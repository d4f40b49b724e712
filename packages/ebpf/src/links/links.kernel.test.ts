import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import {
  createNamespace,
  createVeth,
  deleteLink,
  deleteNamespace,
  getLink,
  inNamespace,
  mountBpffs,
  Netlink,
  openFds,
  PacketSocket,
  type SendOptions,
  setLink,
  traceFds,
  writeSysctl,
} from '@twinpath/linux';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { probe } from '../features/probe.ts';
import { UnsupportedFeatureError } from '../features/unsupported.ts';
import { BpfMap } from '../maps/map.ts';
import { assembleProgram } from '../programs/from-assembly.ts';
import { BpfProgram } from '../programs/program.ts';
import { BpfLink, listBpfLinks } from './link.ts';
import { attachTcx, queryTcx, type TcxAttachment } from './tcx.ts';
import { attachXdp, type XdpAttachment } from './xdp.ts';

const pins = '/sys/fs/bpf/tp-ebpf-links';
const namespace = 'tp-ebpf-link-a';
const bpftool = spawnSync('bpftool', ['version']).status === 0 ? '' : ' (skipped: bpftool is not installed)';
const TCX_NEXT = -1;
const TCX_PASS = 0;
const TCX_DROP = 2;
let v0 = 0;
let v1 = 0;

beforeAll(() => {
  traceFds();
  mountBpffs();
  mkdirSync(pins, { recursive: true });
  createNamespace(namespace);
  writeSysctl('net.ipv6.conf.default.disable_ipv6', 1, namespace);
});

afterAll(() => {
  rmSync(pins, { recursive: true });
  deleteNamespace(namespace);
  expect(openFds()).toEqual([]);
});

beforeEach(() => {
  using netlink = new Netlink(namespace);
  createVeth(netlink, { name: 'v0', queues: 1, peer: { name: 'v1', queues: 1 } });
  for (const name of ['v0', 'v1']) setLink(netlink, name, { up: true });
  v0 = getLink(netlink, 'v0').ifindex;
  v1 = getLink(netlink, 'v1').ifindex;
});

afterEach(() => {
  using netlink = new Netlink(namespace);
  deleteLink(netlink, 'v0');
});

const load = (type: 'xdp' | 'sched-cls', verdict: number, name = 'test') =>
  BpfProgram.load(assembleProgram(name, type, `r0 = ${verdict}\nexit`));
const xdpHere = (attachment: XdpAttachment) => inNamespace(namespace, () => attachXdp(attachment));
const tcxHere = (attachment: TcxAttachment) => inNamespace(namespace, () => attachTcx(attachment));
const linkOf = (name: string) => {
  using netlink = new Netlink(namespace);
  return getLink(netlink, name);
};

/** Whether a frame sent on v0 arrives on v1, behind the programs on both. */
function arrives(options?: SendOptions): boolean {
  using sender = new PacketSocket({ link: 'v0', namespace });
  using receiver = new PacketSocket({ link: 'v1', namespace, receive: 'incoming' });
  sender.send(new Uint8Array(64).fill(2), options);
  return receiver.receive(50) !== undefined;
}

describe('XDP links', () => {
  test.each(['native', 'generic'] as const)('a %s program drops what arrives until its link ends', (mode) => {
    using program = load('xdp', 1);
    const link = xdpHere({ program, ifindex: v1, mode });
    expect(link.mode).toBe(mode);
    expect(linkOf('v1').xdp).toEqual({ mode, programId: program.info().id });
    expect(link.info()).toMatchObject({ type: 'xdp', ifindex: v1, programId: program.info().id });
    expect(arrives()).toBe(false);
    link[Symbol.dispose]();
    expect(linkOf('v1').xdp).toBeUndefined();
    expect(arrives()).toBe(true);
  });

  test('auto is native where the driver can, and generic where it cannot', () => {
    using program = load('xdp', 2);
    using native = xdpHere({ program, ifindex: v1, mode: 'auto' });
    expect(native.mode).toBe('native');
    using generic = xdpHere({ program, ifindex: 1, mode: 'auto' });
    expect(generic.mode).toBe('generic');
    expect(() => xdpHere({ program, ifindex: 1, mode: 'native' })).toThrow(/EOPNOTSUPP|EEXIST|EBUSY/);
  });

  test('an interface without native XDP says so, and what to do', () => {
    using program = load('xdp', 2);
    expect(() => xdpHere({ program, ifindex: 1, mode: 'native' })).toThrow(
      expect.objectContaining({ code: 'EOPNOTSUPP', hint: "use mode 'generic'" }),
    );
  });

  test('an occupied interface names the program that is there', () => {
    using first = load('xdp', 2, 'first');
    using second = load('xdp', 2, 'second');
    using link = xdpHere({ program: first, ifindex: v1, mode: 'native' });
    expect(() => xdpHere({ program: second, ifindex: v1, mode: 'native' })).toThrow(
      `program "second" on interface v1 (native XDP) failed: EBUSY (device or resource busy): ` +
        `program "first" (id ${first.info().id}, native) is attached already`,
    );
    expect(() => xdpHere({ program: second, ifindex: v1, mode: 'generic' })).toThrow(/"first".*is attached already/);
    expect(link.info().programId).toBe(first.info().id);
  });

  test('an MTU that is too large is explained; auto falls back to generic', () => {
    using netlink = new Netlink(namespace);
    for (const name of ['v0', 'v1']) setLink(netlink, name, { mtu: 9000 });
    using program = load('xdp', 2);
    expect(() => xdpHere({ program, ifindex: v1, mode: 'native' })).toThrow(
      expect.objectContaining({ code: 'ERANGE', hint: expect.stringContaining('MTU') }),
    );
    using link = xdpHere({ program, ifindex: v1, mode: 'auto' });
    expect(link.mode).toBe('generic');
  });

  test('an interface that does not exist is an error with a hint about namespaces', () => {
    using program = load('xdp', 2);
    expect(() => xdpHere({ program, ifindex: 9999, mode: 'native' })).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('network namespace of the calling thread') }),
    );
  });
});

describe('links', () => {
  test('the program is replaced in place, if wanted only when it is the expected one', () => {
    using drop = load('xdp', 1);
    using pass = load('xdp', 2);
    using link = xdpHere({ program: drop, ifindex: v1, mode: 'native' });
    expect(arrives()).toBe(false);
    link.update(pass);
    expect(arrives()).toBe(true);
    expect(link.info().programId).toBe(pass.info().id);
    expect(() => link.update(drop, drop)).toThrow(/another program than the expected|EPERM/);
    link.update(drop, pass);
    expect(arrives()).toBe(false);
    using tc = load('sched-cls', 0);
    expect(() => link.update(tc)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  test('a pinned link goes on when nobody holds it, and is found again', () => {
    using drop = load('xdp', 1);
    {
      using link = xdpHere({ program: drop, ifindex: v1, mode: 'native' });
      link.pin(`${pins}/link`);
    }
    expect(arrives()).toBe(false);
    using link = BpfLink.fromPin(`${pins}/link`);
    expect(listBpfLinks()).toContainEqual(link.info());
    using byId = BpfLink.fromId(link.info().id);
    expect(byId.info()).toEqual(link.info());
    link.detach();
    expect(arrives()).toBe(true);
    expect(link.info().ifindex).toBe(0);
    expect(() => link.update(drop)).toThrow(expect.objectContaining({ code: 'ENOLINK' }));
    rmSync(`${pins}/link`);
  });

  test('links that are gone are no longer listed', () => {
    using program = load('xdp', 2);
    const link = xdpHere({ program, ifindex: v1, mode: 'native' });
    const { id } = link.info();
    expect(listBpfLinks().map((info) => info.id)).toContain(id);
    link[Symbol.dispose]();
    expect(listBpfLinks().map((info) => info.id)).not.toContain(id);
  });
});

test.skipIf(probe('tcx-link'))('a kernel without tcx links says so', () => {
  using program = BpfProgram.load(assembleProgram('pass', 'sched-cls', 'r0 = 0\nexit'));
  expect(() => tcxHere({ program, ifindex: v0, direction: 'egress' })).toThrow(UnsupportedFeatureError);
});

describe.skipIf(!probe('tcx-link'))('tcx links', () => {
  test.each([
    ['egress', 'v0'],
    ['ingress', 'v1'],
  ] as const)('a program on %s runs for each packet until its link ends', (direction, name) => {
    using runs = BpfMap.create({ name: 'runs', type: 'array', keySize: 4, valueSize: 8, maxEntries: 1 });
    const text = `r1 = map[runs][0]+0\nr2 = 1\nlock *(u64 *)(r1 +0) += r2\nr0 = ${TCX_PASS}\nexit`;
    using program = BpfProgram.load(assembleProgram('count', 'sched-cls', text), { maps: { runs } });
    const link = tcxHere({ program, ifindex: name === 'v0' ? v0 : v1, direction });
    expect(link.info()).toMatchObject({ type: 'tcx', direction, ifindex: name === 'v0' ? v0 : v1 });
    expect(listBpfLinks()).toContainEqual(link.info());
    for (let count = 0; count < 3; count++) expect(arrives()).toBe(true);
    expect(runs.lookup(new Uint8Array(4))?.[0]).toBe(3);
    link[Symbol.dispose]();
    expect(arrives()).toBe(true);
    expect(runs.lookup(new Uint8Array(4))?.[0]).toBe(3);
  });

  test('a frame dropped on the way out is an error of the sender', () => {
    using program = load('sched-cls', TCX_DROP);
    using link = tcxHere({ program, ifindex: v0, direction: 'egress' });
    using sender = new PacketSocket({ link: 'v0', namespace });
    expect(() => sender.send(new Uint8Array(64))).toThrow(expect.objectContaining({ code: 'ENOBUFS' }));
    expect(sender.sendBatch([new Uint8Array(64)])).toBe(0);
    expect(link.info().programId).toBe(program.info().id);
  });

  test('programs run in the order of their anchors', () => {
    using a = load('sched-cls', TCX_NEXT, 'a');
    using b = load('sched-cls', TCX_NEXT, 'b');
    using c = load('sched-cls', TCX_NEXT, 'c');
    using d = load('sched-cls', TCX_NEXT, 'd');
    const at = { ifindex: v0, direction: 'egress' } as const;
    using linkB = tcxHere({ ...at, program: b });
    using linkA = tcxHere({ ...at, program: a, anchor: 'first' });
    using linkD = tcxHere({ ...at, program: d, anchor: { after: linkB } });
    using linkC = tcxHere({ ...at, program: c, anchor: { before: d } });
    const order = inNamespace(namespace, () => queryTcx(v0, 'egress'));
    expect(order.map(({ programId }) => programId)).toEqual([a, b, c, d].map((program) => program.info().id));
    expect(order.map(({ linkId }) => linkId)).toEqual([linkA, linkB, linkC, linkD].map((link) => link.info().id));
    expect(inNamespace(namespace, () => queryTcx(v0, 'ingress'))).toEqual([]);
  });

  test('an anchor that is attached elsewhere is refused with a hint', () => {
    using program = load('sched-cls', TCX_PASS);
    using elsewhere = tcxHere({ program, ifindex: v1, direction: 'ingress' });
    expect(() => tcxHere({ program, ifindex: v0, direction: 'egress', anchor: { before: elsewhere } })).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('anchor') }),
    );
    expect(() => tcxHere({ program, ifindex: 9999, direction: 'egress' })).toThrow(
      expect.objectContaining({ code: 'ENODEV' }),
    );
  });

  test('mark and priority of a packet socket reach the egress hook', () => {
    using seen = BpfMap.create({ name: 'seen', type: 'array', keySize: 4, valueSize: 8, maxEntries: 1 });
    const text = `
      r2 = map[seen][0]+0
      r3 = *(u32 *)(r1 +8)
      *(u32 *)(r2 +0) = r3
      r3 = *(u32 *)(r1 +32)
      *(u32 *)(r2 +4) = r3
      r0 = 0
      exit`;
    using program = BpfProgram.load(assembleProgram('see', 'sched-cls', text), { maps: { seen } });
    using link = tcxHere({ program, ifindex: v0, direction: 'egress' });
    const observe = (send: (socket: PacketSocket) => void) => {
      using sender = new PacketSocket({ link: 'v0', namespace });
      send(sender);
      const view = new DataView(seen.lookup(new Uint8Array(4))?.buffer ?? new ArrayBuffer(8));
      return { mark: view.getUint32(0, true), priority: view.getUint32(4, true) };
    };
    const frame = new Uint8Array(64);
    const options = { mark: 0xdead_beef, priority: 0x1234_5678 };
    expect(observe((socket) => socket.send(frame, options))).toEqual(options);
    expect(observe((socket) => socket.send(frame))).toEqual({ mark: 0, priority: 0 });
    expect(observe((socket) => socket.sendBatch([frame, frame], options))).toEqual(options);
    expect(link.info().direction).toBe('egress');
  });

  test.skipIf(bpftool !== '')(`bpftool sees the same${bpftool}`, () => {
    using program = load('sched-cls', TCX_PASS, 'visible');
    using link = tcxHere({ program, ifindex: v0, direction: 'ingress' });
    const text = execFileSync('bpftool', ['-j', 'prog', 'show', 'id', String(program.info().id)], { encoding: 'utf8' });
    expect(JSON.parse(text)).toMatchObject({ type: 'sched_cls', name: 'visible', tag: program.info().tag });
    expect(link.info().programId).toBe(program.info().id);
  });
});
