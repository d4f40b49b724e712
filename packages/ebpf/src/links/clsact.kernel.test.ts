import { execFileSync } from 'node:child_process';
import {
  addBpfFilter,
  addClsact,
  createNamespace,
  createVeth,
  deleteLink,
  deleteNamespace,
  getLink,
  hasClsact,
  inNamespace,
  listFilters,
  Netlink,
  openFds,
  PacketSocket,
  setLink,
  traceFds,
  writeSysctl,
} from '@twinpath/linux';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { probe } from '../features/probe.ts';
import { BpfMap } from '../maps/map.ts';
import { assembleProgram } from '../programs/from-assembly.ts';
import { BpfProgram } from '../programs/program.ts';
import { attachClsact, findClsactPlace, removeFilter } from './clsact.ts';
import type { Direction } from './link.ts';

const namespace = 'tp-ebpf-clsact-a';
const NEXT = -1;
const PASS = 0;
const DROP = 2;
let netlink: Netlink;
let v0 = 0;
let v1 = 0;

beforeAll(() => {
  traceFds();
  createNamespace(namespace);
  writeSysctl('net.ipv6.conf.default.disable_ipv6', 1, namespace);
  netlink = new Netlink(namespace);
});

afterAll(() => {
  netlink[Symbol.dispose]();
  deleteNamespace(namespace);
  expect(openFds()).toEqual([]);
});

beforeEach(() => {
  createVeth(netlink, { name: 'v0', queues: 1, peer: { name: 'v1', queues: 1 } });
  for (const name of ['v0', 'v1']) setLink(netlink, name, { up: true });
  v0 = getLink(netlink, 'v0').ifindex;
  v1 = getLink(netlink, 'v1').ifindex;
});

afterEach(() => deleteLink(netlink, 'v0'));

const load = (verdict: number, name = 'test') =>
  BpfProgram.load(assembleProgram(name, 'sched-cls', `r0 = ${verdict}\nexit`));
const attach = (program: BpfProgram, ifindex: number, direction: Direction) =>
  inNamespace(namespace, () =>
    attachClsact({ program, place: findClsactPlace(ifindex, direction), name: `name of ${program.name}` }),
  );

/** For what must come, on emulated machines too. */
const PATIENCE_MS = 2000;
/** Whether a frame sent on v0 arrives on v1. */
function arrives(ms = 50): boolean {
  using sender = new PacketSocket({ link: 'v0', namespace });
  using receiver = new PacketSocket({ link: 'v1', namespace, receive: 'incoming' });
  sender.sendBatch([new Uint8Array(64).fill(2)]);
  return receiver.receive(ms) !== undefined;
}

describe.skipIf(!probe('clsact'))('clsact filters', () => {
  test.each([
    ['egress', 'v0'],
    ['ingress', 'v1'],
  ] as const)('a program on %s decides about packets until its filter ends', (direction, name) => {
    const ifindex = name === 'v0' ? v0 : v1;
    using drop = load(DROP);
    using pass = load(PASS, 'other');
    {
      using filter = attach(drop, ifindex, direction);
      // A packet socket sees what comes in before the ingress filters do.
      if (direction === 'egress') expect(arrives()).toBe(false);
      const [found] = listFilters(netlink, ifindex, direction);
      expect(found).toMatchObject({ kind: 'bpf', name: 'name of test', programId: drop.info().id, direction, ifindex });
      filter.update(pass);
      expect(arrives(PATIENCE_MS)).toBe(true);
      expect(listFilters(netlink, ifindex, direction)).toMatchObject([{ programId: pass.info().id }]);
      expect(hasClsact(netlink, ifindex)).toBe(true);
    }
    expect(listFilters(netlink, ifindex, direction)).toEqual([]);
    expect(hasClsact(netlink, ifindex)).toBe(false);
  });

  test('filters run one behind the other, and the last one takes the discipline along that the first one made', () => {
    using next = load(NEXT, 'next');
    using drop = load(DROP, 'drop');
    using first = attach(next, v0, 'egress');
    using second = attach(drop, v0, 'egress');
    expect(second.place.priority).toBeGreaterThan(first.place.priority);
    expect(arrives()).toBe(false);
    second.detach();
    expect(hasClsact(netlink, v0)).toBe(true);
    expect(arrives(PATIENCE_MS)).toBe(true);
    first.detach();
    expect(hasClsact(netlink, v0)).toBe(false);
  });

  test('a filter in front runs before those that are there', () => {
    using pass = load(PASS, 'pass');
    using drop = load(DROP, 'drop');
    using behind = attach(drop, v0, 'egress');
    expect(arrives()).toBe(false);
    const place = inNamespace(namespace, () => findClsactPlace(v0, 'egress', 'first'));
    expect(place.priority).toBeLessThan(behind.place.priority);
    using _front = inNamespace(namespace, () => attachClsact({ program: pass, place, name: 'front' }));
    expect(arrives(PATIENCE_MS)).toBe(true);
    const frontmost = { ifindex: v0, direction: 'egress', priority: 1, handle: 1 } as const;
    addBpfFilter(netlink, { place: frontmost, program: pass.fd.number, name: 'frontmost' });
    expect(() => inNamespace(namespace, () => findClsactPlace(v0, 'egress', 'first'))).toThrow(/no priority is left/);
  });

  test('a discipline of somebody else stays, and so does one that somebody else uses', () => {
    using program = load(PASS);
    addClsact(netlink, v0);
    attach(program, v0, 'egress')[Symbol.dispose]();
    expect(hasClsact(netlink, v0)).toBe(true);

    using filter = attach(program, v1, 'egress');
    const place = { ifindex: v1, direction: 'ingress', priority: 7, handle: 2 } as const;
    addBpfFilter(netlink, { place, program: program.fd.number, name: 'foreign' });
    filter.detach();
    expect(listFilters(netlink, v1, 'ingress')).toMatchObject([{ name: 'foreign', priority: 7, handle: 2 }]);
  });

  test('marks and priorities of a batch reach the program, each with its packet', () => {
    using seen = BpfMap.create({ name: 'seen', type: 'array', keySize: 4, valueSize: 4, maxEntries: 8 });
    const text = `
      r6 = *(u32 *)(r1 +32)
      r2 = *(u32 *)(r1 +8)
      *(u32 *)(r10 -4) = r2
      r2 = r10
      r2 += -4
      r1 = map[seen]
      call bpf_map_lookup_elem
      if r0 == 0 goto end
      *(u32 *)(r0 +0) = r6
      end:
      r0 = 0
      exit`;
    using program = BpfProgram.load(assembleProgram('see', 'sched-cls', text), { maps: { seen } });
    using _filter = attach(program, v0, 'egress');
    using sender = new PacketSocket({ link: 'v0', namespace });
    const batch = sender.batch();
    const priorities = [0, 5, 5, 0xdead_beef, 0, 7];
    for (const [mark, priority] of priorities.entries()) batch.add({ bytes: new Uint8Array(64), mark, priority });
    batch.send(() => expect.unreachable());
    const found = priorities.map((_, mark) => seen.lookup(Uint8Array.of(mark, 0, 0, 0)));
    expect(found).toEqual(priorities.map((priority) => new Uint8Array(Uint32Array.of(priority).buffer)));
  });

  test('a filter is found and removed by its place alone', () => {
    using program = load(DROP);
    using filter = attach(program, v0, 'egress');
    const { place } = filter;
    expect(arrives()).toBe(false);
    expect(removeFilter(netlink, place)).toBe(true);
    expect(arrives(PATIENCE_MS)).toBe(true);
    expect(removeFilter(netlink, place)).toBe(false);
    expect(removeFilter(netlink, { ...place, ifindex: 9999 })).toBe(false);
  });

  test('a place that is taken, a filter that is gone and an interface that does not exist are errors with hints', () => {
    using program = load(PASS);
    using filter = attach(program, v0, 'egress');
    expect(() => inNamespace(namespace, () => attachClsact({ program, place: filter.place, name: 'x' }))).toThrow(
      expect.objectContaining({ code: 'EEXIST', hint: expect.stringContaining('tc filter show') }),
    );
    filter.detach();
    expect(() => filter.update(program)).toThrow(expect.objectContaining({ name: 'SyscallError' }));
    expect(() => attach(program, 9999, 'egress')).toThrow(expect.objectContaining({ code: 'ENODEV' }));
    execFileSync('tc', ['-n', namespace, 'qdisc', 'add', 'dev', 'v1', 'ingress']);
    expect(() => attach(program, v1, 'egress')).toThrow(expect.objectContaining({ code: 'EEXIST' }));
  });
});
