import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import {
  addAddress,
  addNeighbour,
  createNamespace,
  createVeth,
  deleteNamespace,
  getLink,
  inNamespace,
  mountBpffs,
  Netlink,
  openFds,
  PacketSocket,
  setLink,
  traceFds,
  writeSysctl,
} from '@twinpath/linux';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { BtfBuilder, encodeFuncInfo } from '../btf/index.ts';
import { BpfMap } from '../maps/map.ts';
import { setTailCall } from '../maps/references.ts';
import { parseSkbContext, skbContext, xdpContext } from './context.ts';
import { assembleProgram } from './from-assembly.ts';
import { BpfProgram, enableRuntimeStats, programIds } from './program.ts';
import { VerifierError } from './verifier-error.ts';

const pins = '/sys/fs/bpf/tp-ebpf-programs';
const namespace = 'tp-ebpf-prog-a';
const XDP_DROP = 1;
const XDP_PASS = 2;

beforeAll(() => {
  traceFds();
  mountBpffs();
  mkdirSync(pins, { recursive: true });
  createNamespace(namespace);
});

afterAll(() => {
  rmSync(pins, { recursive: true });
  deleteNamespace(namespace);
  expect(openFds()).toEqual([]);
});

const packet = new Uint8Array(64).map((_, index) => index);
const zero = new Uint8Array(4);
const load = (text: string, maps?: Readonly<Record<string, BpfMap>>) =>
  BpfProgram.load(assembleProgram('test', 'xdp', text), maps === undefined ? {} : { maps });

function rejection(text: string): VerifierError {
  try {
    load(text)[Symbol.dispose]();
  } catch (error) {
    if (error instanceof VerifierError) return error;
    throw error;
  }
  throw new Error('the verifier accepted the program');
}

/** Counts runs in element 0 of an array through the map's address, and in its value directly. */
const counter = `
  r1 = map[counts][0]+8
  r2 = 1
  lock *(u64 *)(r1 +0) += r2
  *(u32 *)(r10 -4) = 0
  r2 = r10
  r2 += -4
  r1 = map[counts]
  call bpf_map_lookup_elem
  if r0 == 0 goto out
  r1 = 1
  lock *(u64 *)(r0 +0) += r1
out:
  r0 = 2
  exit`;

const counts = () => BpfMap.create({ name: 'counts', type: 'array', keySize: 4, valueSize: 16, maxEntries: 1 });
const read = (map: BpfMap) => {
  const value = map.lookup(zero) ?? new Uint8Array(16);
  const view = new DataView(value.buffer);
  return [view.getBigUint64(0, true), view.getBigUint64(8, true)];
};

describe('loading', () => {
  test('map references become live maps, as address and as value', () => {
    using map = counts();
    using program = load(counter, { counts: map });
    expect(program.testRun({ data: packet, repeat: 10 }).retval).toBe(XDP_PASS);
    expect(read(map)).toEqual([10n, 10n]);
    expect(program.info().mapIds).toEqual([map.info().id]);
  });

  test('a map that was not given is named', () => {
    expect(() => load(counter)).toThrow(/program "test" refers to map "counts", which was not given/);
  });

  test('what a program cost the verifier is told on request', () => {
    using silent = load('r0 = 2\nexit');
    using asked = BpfProgram.load(assembleProgram('test', 'xdp', 'r0 = 2\nexit'), { statistics: true });
    expect(silent.statistics).toBeUndefined();
    expect(asked.statistics).toMatchObject({ processed: 2, totalStates: 0, peakStates: 0, stackDepth: 0 });
    expect(asked.info().verifiedInstructions).toBe(2);
  });

  test('type, function and line information reach the kernel', () => {
    const btf = new BtfBuilder();
    const int = btf.int('int', 4, 'signed');
    const proto = btf.funcProto(int, [{ name: 'ctx', type: btf.ptr(btf.struct('xdp_md', 24, [])) }]);
    const func = btf.func('main', proto, 'static');
    const lines = btf.lineInfo([{ slot: 0, file: 'test.ts', text: 'return PASS', line: 3, column: 5 }]);
    const functions = encodeFuncInfo([{ slot: 0, type: func }]);
    const spec = { ...assembleProgram('test', 'xdp', 'r0 = 2\nexit'), btf: { types: btf.bytes(), functions, lines } };
    using program = BpfProgram.load(spec);
    expect(program.info().btfId).toBeGreaterThan(0);
    const broken = { ...spec, btf: { ...spec.btf, types: new Uint8Array(24) } };
    expect(() => BpfProgram.load(broken)).toThrow(/bpf\(BTF_LOAD\) for BTF of program "test" \(xdp\) failed: EINVAL/);
  });

  test('is not given up for signals that come meanwhile', async () => {
    // The verifier follows every round.
    const long = 'r0 = 0\nagain:\nr0 += 1\nif r0 < 30000 goto again\nr0 = 2\nexit';
    let heard = 0;
    const hear = () => void heard++;
    process.on('SIGUSR2', hear);
    const sender = spawn('sh', ['-c', `while kill -USR2 ${process.pid}; do sleep 0.001; done`], { stdio: 'ignore' });
    await vi.waitUntil(() => heard > 10, 10_000);
    load(long)[Symbol.dispose]();
    sender.kill('SIGKILL');
    await once(sender, 'exit');
    process.off('SIGUSR2', hear);
  });
});

describe('rejections', () => {
  test('name the instruction and the reason, and keep the log', () => {
    const error = rejection('r2 = *(u32 *)(r1 +0)\nr0 = *(u8 *)(r2 +14)\nexit');
    expect(error).toMatchObject({ code: 'EACCES', program: 'test', slot: 1 });
    expect(error.summary).toMatch(/^invalid access to packet, off=14 size=1.*; R2 offset is outside of the packet$/);
    expect(error.message).toMatch(/the verifier rejected program "test" at instruction 1: invalid access to packet/);
    expect(error.log).toContain('processed 2 insns');
    expect(error.processed).toBe(2);
  });

  test.each([
    ['an uninitialised register', 'r0 = r3\nexit', 0, /R3 !read_ok/],
    ['a missing verdict', 'exit', 0, /R0 !read_ok/],
    ['unreachable code', 'r0 = 2\nexit\nr0 = 3\nexit', 2, /unreachable insn 2/],
    ['a wide load before it', 'r0 = 0x100000001 ll\nr1 = 0\nr0 = r7\nexit', 3, /R7 !read_ok/],
    [
      'a map value that may be missing',
      'r0 = 0\nr1 = *(u64 *)(r10 -8)\nr0 = *(u64 *)(r0 +0)\nexit',
      2,
      /R0 invalid mem/,
    ],
    ['the second of two ways', 'call bpf_get_prandom_u32\nif r0 != 0 goto +1\nexit\nr0 = r8\nexit', 3, /R8 !read_ok/],
  ])('%s', (_, text, slot, summary) => {
    const error = rejection(text);
    expect(error.summary).toMatch(summary);
    expect(error.slot).toBe(slot);
  });

  test('a program that is too complex says how far the verifier came', () => {
    const error = rejection('r6 = 0\nagain:\nr6 += 1\nif r6 < 10000000 goto again\nr0 = 2\nexit');
    expect(error).toMatchObject({ code: 'E2BIG', processed: 1_000_001 });
    expect(error.summary).toMatch(/too large|too complex/);
  });
});

describe('test runs', () => {
  test('give the verdict, the changed packet and the time', () => {
    using program = load(`
      r2 = *(u32 *)(r1 +0)
      r3 = *(u32 *)(r1 +4)
      r4 = r2
      r4 += 14
      if r4 > r3 goto out
      *(u8 *)(r2 +1) = 0xee
    out:
      r0 = 3
      exit`);
    const { retval, data, durationNs } = program.testRun({ data: packet, repeat: 1000 });
    expect(retval).toBe(3);
    expect([...data]).toEqual([...packet].with(1, 0xee));
    expect(durationNs).toBeLessThan(100_000);
    expect(packet[1]).toBe(1);
  });

  test('a packet that grows comes back whole', () => {
    using program = load('r2 = -20\ncall bpf_xdp_adjust_head\nr0 = 2\nexit');
    expect(program.testRun({ data: packet }).data.length).toBe(84);
  });

  test('metadata in front of the packet and the interface are what the context says', () => {
    using program = load(`
      r0 = 0
      r2 = *(u32 *)(r1 +8)
      r3 = *(u32 *)(r1 +0)
      r4 = r2
      r4 += 4
      if r4 > r3 goto out
      r0 = *(u32 *)(r2 +0)
      r5 = *(u32 *)(r1 +12)
      r0 += r5
    out:
      exit`);
    const data = new Uint8Array(68);
    data.set([0x40, 0x42, 0x0f, 0], 0);
    const ctx = xdpContext({ length: 68, metadataLength: 4, ingressIfindex: 1 });
    const result = program.testRun({ data, ctx });
    expect(result.retval).toBe(1_000_000 + 1);
    expect(result.ctx.length).toBe(24);
    expect(() => program.testRun({ data, ctx: xdpContext({ length: 68, metadataLength: 3 }) })).toThrow(
      /bpf\(PROG_TEST_RUN\) for program "test" \(xdp\) on 68 bytes failed: EINVAL/,
    );
  });

  test('a tc program reads and writes mark, priority and cb', () => {
    using program = BpfProgram.load(
      assembleProgram(
        'test',
        'sched-cls',
        `
        r2 = *(u32 *)(r1 +8)
        r3 = *(u32 *)(r1 +32)
        r4 = *(u32 *)(r1 +52)
        r2 += 1
        r3 += 1
        r4 += 1
        *(u32 *)(r1 +8) = r2
        *(u32 *)(r1 +32) = r3
        *(u32 *)(r1 +52) = r4
        r0 = -1
        exit`,
      ),
    );
    const { retval, ctx } = program.testRun({ data: packet, ctx: skbContext({ mark: 7, priority: 8, cb: [1, 2, 3] }) });
    expect(retval).toBe(0xffff_ffff);
    expect(parseSkbContext(ctx)).toMatchObject({ mark: 8, priority: 9, cb: [1, 3, 3, 0, 0] });
  });

  test('live frames are carried on to the stack of the interface named in the context', () => {
    using netlink = new Netlink(namespace);
    writeSysctl('net.ipv6.conf.default.disable_ipv6', 1, namespace);
    createVeth(netlink, { name: 'v0', queues: 1, peer: { name: 'v1', queues: 1 } });
    for (const name of ['v0', 'v1']) setLink(netlink, name, { up: true });
    addAddress(netlink, 'v0', '10.0.0.1/24');
    addNeighbour(netlink, 'v0', '10.0.0.2', '02:00:00:00:00:02');
    const { ifindex } = getLink(netlink, 'v0');
    using receiver = new PacketSocket({ link: 'v0', namespace, receive: 'incoming' });
    using program = load(`r0 = ${XDP_PASS}\nexit`);
    using dropper = load(`r0 = ${XDP_DROP}\nexit`);
    const ctx = xdpContext({ length: packet.length, ingressIfindex: ifindex });
    inNamespace(namespace, () => {
      const run = { data: packet, ctx, liveFrames: true, repeat: 5, batchSize: 5 };
      expect(dropper.testRun(run)).toMatchObject({ retval: 0, data: new Uint8Array(0) });
      expect(program.testRun(run)).toMatchObject({ retval: 0, data: new Uint8Array(0) });
    });
    for (let count = 0; count < 5; count++) expect(receiver.receive(1000)).toEqual(packet);
    expect(receiver.receive()).toBeUndefined();
  });
});

describe('objects', () => {
  test('tail calls run the program in the slot', () => {
    using table = BpfMap.create({ name: 'table', type: 'prog-array', keySize: 4, valueSize: 4, maxEntries: 4 });
    using target = load('r0 = 77\nexit');
    using entry = load('r2 = map[table]\nr3 = 1\ncall bpf_tail_call\nr0 = 2\nexit', { table });
    expect(entry.testRun({ data: packet }).retval).toBe(XDP_PASS);
    setTailCall(table, 1, target);
    expect(entry.testRun({ data: packet }).retval).toBe(77);
  });

  test('a program is found by its id and its pin', () => {
    using program = load('r0 = 2\nexit');
    const info = program.info();
    expect(info).toMatchObject({ name: 'test', type: 'xdp', mapIds: [], btfId: 0 });
    expect(info.tag).toMatch(/^[0-9a-f]{16}$/);
    expect(info.translatedSize).toBeGreaterThanOrEqual(16);
    expect(programIds()).toContain(info.id);
    using byId = BpfProgram.fromId(info.id);
    expect(byId.info().tag).toBe(info.tag);
    program.pin(`${pins}/program`);
    using pinned = BpfProgram.fromPin(`${pins}/program`);
    expect(pinned).toMatchObject({ name: 'test', type: 'xdp' });
    expect(pinned.info().id).toBe(info.id);
    expect(() => BpfProgram.fromId(0x7fff_fff0)).toThrow(/ENOENT/);
  });

  test('runs and their time are counted while statistics are on', () => {
    using program = load('r0 = 2\nexit');
    program.testRun({ data: packet, repeat: 100 });
    // None, unless others have them counted: it is for the whole machine.
    const { runCount } = program.info();
    using stats = enableRuntimeStats();
    program.testRun({ data: packet, repeat: 100 });
    expect(stats.closed).toBe(false);
    expect(program.info().runCount).toBe(runCount + 100n);
    expect(program.info().runTimeNs).toBeGreaterThan(0n);
  });
});
