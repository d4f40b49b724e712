// One table under one kind of traffic: as it is, and with its hottest entries in front, in chains that run.
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BpfProgram } from '@twinpath/ebpf';
import { createNamespace, createVeth, deleteNamespace, Netlink, setLink } from '@twinpath/linux';
import { type RunningChain, startChain } from '@twinpath/runtime';
import { type ChainSpec, lineChain } from '@twinpath/vnf/chain';
import { programOf } from '../firewall-rules/part.ts';
import { random, subnets } from '../subnets.ts';
import { Trace } from '../trace.ts';
import { frameFrom, type Law, senders } from './traffic.ts';

export interface Subject {
  readonly name: string;
  readonly use: 'lpm' | 'hash';
  /** Entries of the table. */
  readonly entries: number;
  /** Senders that packets come from, each in one of the entries. */
  readonly senders: number;
}

export interface Front {
  readonly isOpen: boolean;
  readonly entries: number;
  readonly share: number;
  readonly made: number;
}

export interface Measured {
  readonly isRight: boolean;
  /** What stood in front at the end. */
  readonly front: Front;
  /** Processor time of a lookup, ns, by round. */
  readonly plain: readonly number[];
  readonly specialised: readonly number[];
}

const TRACE = 65_536;
const RUNS = 1_000_000;
const DROP = 1;
const PASS = 2;
const NAMES = ['parse', 'plain', 'hot'] as const;
type Name = (typeof NAMES)[number];
/** Until windows of samples have told what pays, and what does not. */
const WARM_MS = 3000;
const BURST = 20_000;
const TURN_MS = 60;

export async function measure({ use, ...subject }: Subject, law: Law, rounds: number): Promise<Measured> {
  const next = random(subject.entries);
  const networks = networksOf(use, subject.entries, next);
  const hosts = Array.from({ length: subject.senders }, (_, index) => hostIn(networks[index % networks.length], index));
  const frames = new Map<number, Uint8Array>();
  const frame = (index: number) => {
    const known = frames.get(index) ?? frameFrom(hosts[index] ?? '');
    frames.set(index, known);
    return known;
  };
  using trace = new Trace(senders(law, subject.senders, TRACE, next).map(frame));
  const namespace = `tp-bench-${process.pid}`;
  createNamespace(namespace);
  await using owned = new AsyncDisposableStack();
  owned.defer(() => deleteNamespace(namespace));
  {
    using netlink = new Netlink(namespace);
    for (const name of NAMES) {
      createVeth(netlink, { name, queues: 1, peer: { name: `${name}-peer`, queues: 1 } });
      setLink(netlink, name, { up: true });
    }
  }
  const programs = new Map<Name, BpfProgram>();
  let chain: RunningChain | undefined;
  for (const name of NAMES) {
    const file = name === 'parse' ? 'parse' : use;
    const one = owned.use(await startChain(specOf(name, file, namespace, networks)));
    programs.set(name, owned.use(await programOf(one)));
    chain = one;
  }
  const run = (name: Name, packets: number) => runOf(trace, programs, name, packets);
  for (const end = performance.now() + WARM_MS; performance.now() < end; await delay(TURN_MS)) run('hot', BURST);
  const isRight = NAMES.every((name) => {
    const program = programs.get(name);
    const expected = name === 'parse' ? PASS : DROP;
    return program !== undefined && trace.verdicts(program).every((verdict) => verdict === expected);
  });
  const times = { parse: [] as number[], plain: [] as number[], hot: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < NAMES.length; turn++) {
      const name = NAMES[(round + turn) % NAMES.length] ?? 'parse';
      times[name].push(run(name, RUNS));
      await delay(TURN_MS);
    }
  }
  const net = (name: Name) => times[name].map((ns, round) => ns - (times.parse[round] ?? Number.NaN));
  return { isRight, front: await frontOf(chain), plain: net('plain'), specialised: net('hot') };
}

/** Processor time of this thread for a packet. */
function runOf(trace: Trace, programs: ReadonlyMap<Name, BpfProgram>, name: Name, packets: number): number {
  const program = programs.get(name);
  if (program === undefined) throw new Error(`there is no program ${name}`);
  // Windows of samples are not always of the same packets.
  return trace.runOnProcessor(program, packets, Math.floor(Math.random() * TRACE));
}

function specOf(name: Name, file: string, namespace: string, networks: readonly string[]): ChainSpec {
  const use = fileURLToPath(new URL(`../functions/${file}.vnf.ts`, import.meta.url));
  const functions = [{ name: 'lookup', use, config: { subnets: networks } }];
  const spec = lineChain(`bench-${name}`, { interface: name, namespace, hook: 'xdp' }, functions);
  return name === 'hot' ? { ...spec, specialise: 'traffic' } : spec;
}

async function frontOf(chain: RunningChain | undefined): Promise<Front> {
  const fronts = (await chain?.functions[0]?.measures())?.fronts ?? {};
  const four = Object.entries(fronts).find(([map]) => map.endsWith('.4'));
  if (four === undefined) throw new Error('the function is not specialised');
  return four[1];
}

/** IPv4; for the hash each is one address. */
function networksOf(use: Subject['use'], count: number, next: () => number): readonly string[] {
  if (use === 'lpm') return subnets(count, next);
  return Array.from({ length: count }, (_, index) => `10.${index >> 8}.${index & 255}.7/32`);
}

/** Another address of the network for each number, as far as it has them. */
function hostIn(network = '0.0.0.0/0', number: number): string {
  const [address = '', length = '32'] = network.split('/');
  const bits = 32 - Number(length);
  const start = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const host = bits === 0 ? 0 : (Math.imul(number, 0x9e37_79b1) >>> 0) % 2 ** bits;
  const whole = (start + host) >>> 0;
  return [24, 16, 8, 0].map((shift) => (whole >>> shift) & 255).join('.');
}
