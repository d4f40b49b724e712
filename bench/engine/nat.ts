// nat.h as the engine, the kernel and gcc run it: hot (one flow) and varied (65,536 flows), with a hash and with prefixes, too.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { attachXdp, BpfMap, BpfProgram, type MapSpec, type ProgramSpec } from '@twinpath/ebpf';
import { contextLayout, Engine } from '@twinpath/engine';
import { createVeth, getLink, inNewNamespace, Netlink } from '@twinpath/linux';
import { packetFromText } from '@twinpath/packet';
import { systemHeaders } from '../fast-path/compile-c.ts';
import { readObject } from '../fast-path/read-object.ts';

export interface NatCase {
  readonly name: string;
  readonly mask: number;
  readonly prefixes: boolean;
}
export const natCases: readonly NatCase[] = [
  { name: 'hash, one flow', mask: 0, prefixes: false },
  { name: 'hash, 65536 flows', mask: 0xffff, prefixes: false },
  { name: 'hash and prefixes, one flow', mask: 0, prefixes: true },
  { name: 'hash and prefixes, 65536 flows', mask: 0xffff, prefixes: true },
];

/** Nanoseconds of CPU time for a packet, and the first packet as it came out. */
export interface NatRun {
  readonly ns: number;
  readonly verdict: number;
  readonly first: string;
}

const FLOWS = 65_536;
const PREFIXES = 5000;
const BURST = 64;
const ROOM = 4096;
const HEADROOM = 256;
const RUNS = 1_000_000;
const TX = 3;

const maps = {
  cells: { name: 'cells', type: 'array', keySize: 4, valueSize: 24, maxEntries: 1 },
  flows: { name: 'flows', type: 'hash', keySize: 16, valueSize: 24, maxEntries: 100_000 },
  prefixes: {
    name: 'prefixes',
    type: 'lpm-trie',
    keySize: 8,
    valueSize: 4,
    maxEntries: PREFIXES,
    flags: ['no-prealloc'],
  },
} as const satisfies Record<string, MapSpec>;

const frame = Buffer.alloc(64);
frame.set(packetFromText('ip 10.0.0.1 > 10.0.0.2 / udp 1000 > 53'));

const flowEntries = Array.from({ length: FLOWS }, (_, number) => {
  const [key, value] = [Buffer.alloc(16), Buffer.alloc(24)];
  frame.copy(key, 0, 26, 30);
  key.writeUInt32LE(number, 4);
  frame.copy(key, 8, 34, 38);
  value.writeUInt32BE(0xc0a8_0000 + number, 16);
  return [key, value] as const;
});
/** All of 10/8 is allowed; what is longer is a way to walk. */
const prefixEntries = Array.from({ length: PREFIXES }, (_, index) => {
  const [key, value] = [Buffer.alloc(8), Buffer.from([1, 0, 0, 0])];
  key.writeUInt32LE(index === 0 ? 8 : 12 + (index % 17), 0);
  key.writeUInt32BE(index === 0 ? 0x0a00_0000 : (0x0a00_0000 | (Math.imul(index, 0x9e37_79b1) & 0xff_ffff)) >>> 0, 4);
  return [key, value] as const;
});

function cellOf({ mask }: NatCase): Buffer {
  const cell = Buffer.alloc(24);
  cell.writeUInt32LE(mask, 8);
  return cell;
}

interface Fillable {
  update(key: Uint8Array, value: Uint8Array): void;
}
function fill(tables: Readonly<Record<keyof typeof maps, Fillable>>, one: NatCase): void {
  tables.cells.update(Buffer.alloc(4), cellOf(one));
  for (const [key, value] of flowEntries) tables.flows.update(key, value);
  for (const [key, value] of prefixEntries) tables.prefixes.update(key, value);
}

/** What clang and gcc made, in `folder`. */
export interface NatPrograms {
  readonly spec: ProgramSpec;
  readonly native: string;
}
export function compileNat(clang: string, folder: string, { prefixes }: NatCase): NatPrograms {
  const source = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const [object, native] = [join(folder, 'nat.o'), join(folder, prefixes ? 'nat-prefixes' : 'nat')];
  const macros = prefixes ? ['-DPREFIXES'] : [];
  const forBpf = ['-O2', '-g0', '-fno-strict-aliasing', '--target=bpf', '-mcpu=v3', ...systemHeaders()];
  execFileSync(clang, [...forBpf, ...macros, '-c', source('nat.bpf.c'), '-o', object], { stdio: 'pipe' });
  execFileSync('gcc', ['-O2', '-fno-strict-aliasing', ...macros, '-o', native, source('nat-native.c')], {
    stdio: 'pipe',
  });
  return { spec: readObject(new Uint8Array(readFileSync(object)), 'nat'), native };
}

export function runNative({ native }: NatPrograms, { mask }: NatCase): NatRun {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(FLOWS, 0);
  head.writeUInt32LE(PREFIXES, 4);
  head.writeUInt32LE(mask, 8);
  const input = Buffer.concat([head, frame, ...flowEntries.flat(), ...prefixEntries.flat()]);
  const output = execFileSync(native, [String(RUNS)], { input, encoding: 'utf8' });
  const [ns = '', verdict = '', first = ''] = output.trim().split(' ');
  return { ns: Number(ns), verdict: Number(verdict), first };
}

export function runInEngine({ spec }: NatPrograms, one: NatCase): NatRun {
  const engine = new Engine({ bytes: 64 << 20 });
  const tables = {
    cells: engine.createMap(maps.cells),
    flows: engine.createMap(maps.flows),
    prefixes: engine.createMap(maps.prefixes),
  };
  fill(tables, one);
  const program = engine.load(spec, { maps: tables });
  const { stride, data, dataEnd, dataMeta, head, tail, verdict } = contextLayout.xdp;
  const contexts = engine.allocate(BURST * stride, 'contexts');
  const frames = engine.allocate(BURST * ROOM, 'frames', ROOM);
  for (let index = 0; index < BURST; index++) {
    const [context, at] = [contexts + index * stride, frames + index * ROOM];
    engine.memory.write(at + HEADROOM, frame);
    for (const field of [data, dataMeta]) engine.memory.setU32(context + field, at + HEADROOM);
    engine.memory.setU32(context + dataEnd, at + HEADROOM + frame.length);
    engine.memory.setU32(context + head, at);
    engine.memory.setU32(context + tail, at + ROOM);
  }
  program.run(contexts, 1);
  const first = Buffer.from(engine.memory.read(frames + HEADROOM, frame.length)).toString('hex');
  const turn = (runs: number) => {
    for (let run = 0; run < runs; run += BURST) program.run(contexts, BURST);
  };
  turn(RUNS);
  const before = process.cpuUsage();
  turn(RUNS);
  const { user, system } = process.cpuUsage(before);
  return { ns: ((user + system) * 1000) / RUNS, verdict: engine.memory.getU32(contexts + verdict), first };
}

export function runInKernel({ spec }: NatPrograms, one: NatCase): NatRun {
  return inNewNamespace(() => {
    using cells = BpfMap.create(maps.cells);
    using flows = BpfMap.create(maps.flows);
    using prefixes = BpfMap.create(maps.prefixes);
    fill({ cells, flows, prefixes }, one);
    using program = BpfProgram.load(spec, { maps: { cells, flows, prefixes } });
    using netlink = new Netlink();
    createVeth(netlink, { name: 'idle', queues: 1, peer: { name: 'peer', queues: 1 } });
    // Attached somewhere, or each test run changes the kernel's dispatcher.
    using _link = attachXdp({ program, ifindex: getLink(netlink, 'idle').ifindex, mode: 'native' });
    const { data, retval } = program.testRun({ data: frame });
    const { durationNs } = program.testRun({ data: frame, repeat: RUNS });
    return { ns: durationNs, verdict: retval, first: Buffer.from(data).toString('hex') };
  });
}

export const isRight = (runs: readonly NatRun[]): boolean =>
  runs.every(({ verdict, first }) => verdict === TX && first === runs[0]?.first);
