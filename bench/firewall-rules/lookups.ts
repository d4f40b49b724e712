// What a lookup of one address costs: load time, memory, nanoseconds; the classifier against the kernel's LPM trie alone.
import { fileURLToPath } from 'node:url';
import { BpfMap, type BpfProgram } from '@twinpath/ebpf';
import { createNamespace, createVeth, deleteNamespace, Netlink, setLink } from '@twinpath/linux';
import { startChain } from '@twinpath/runtime';
import { lineChain } from '@twinpath/vnf/chain';
import { type Contender, metric, ratio } from '../result.ts';
import { type Packets, packets, random, subnets } from '../subnets.ts';
import { FRAME, Trace } from '../trace.ts';
import { type Part, programOf } from './part.ts';

const SIZES = [10, 1_000, 10_000];
const TRACE = 16_384;
/** Runs of one measurement: the kernel's fixed wait around test runs moves in steps of 4 ms. */
const RUNS = 2_000_000;
const DROP = 1;
const PASS = 2;

const FUNCTIONS = ['parse', 'lpm', 'classifier'] as const;
type FunctionName = (typeof FUNCTIONS)[number];

interface Measured {
  readonly program: BpfProgram;
  readonly loadMs: number;
  readonly bytes: number;
  readonly isRight: boolean;
  readonly ns: number[];
}

export async function lookups(rounds: number, progress: (text: string) => void): Promise<Part> {
  const contenders: Contender[] = [];
  const ratios: Part['ratios'][number][] = [];
  let correct = true;
  for (const size of SIZES) {
    progress(`${size} subnets …`);
    const measured = await measure(size, rounds);
    correct &&= [...measured.values()].every(({ isRight }) => isRight);
    contenders.push(...summarise(size, measured));
    const net = (name: FunctionName) => ({ name: `${name} ${size}`, values: netOf(measured, name) });
    ratios.push(ratio(`classifier / LPM trie, ${size} subnets`, 'lookup', net('classifier'), net('lpm')));
  }
  return { contenders, ratios, correct };
}

async function measure(size: number, rounds: number): Promise<ReadonlyMap<FunctionName, Measured>> {
  const next = random(size);
  const networks = subnets(size, next);
  const traffic = packets(TRACE, networks, FRAME, next);
  const namespace = `tp-bench-${process.pid}`;
  createNamespace(namespace);
  using trace = new Trace(traffic.frames);
  const measured = new Map<FunctionName, Measured>();
  try {
    {
      using netlink = new Netlink(namespace);
      for (const name of FUNCTIONS) {
        createVeth(netlink, { name, queues: 1, peer: { name: `${name}-peer`, queues: 1 } });
        setLink(netlink, name, { up: true });
      }
    }
    await using chains = new AsyncDisposableStack();
    for (const name of FUNCTIONS) measured.set(name, await start(name, namespace, networks, traffic, trace, chains));
    for (let round = 0; round < rounds; round++) {
      for (let turn = 0; turn < FUNCTIONS.length; turn++) {
        const one = measured.get(FUNCTIONS[(round + turn) % FUNCTIONS.length] ?? 'parse');
        if (one) one.ns.push(trace.run(one.program, RUNS));
      }
    }
  } finally {
    for (const { program } of measured.values()) program[Symbol.dispose]();
    deleteNamespace(namespace);
  }
  return measured;
}

async function start(
  name: FunctionName,
  namespace: string,
  networks: readonly string[],
  traffic: Packets,
  trace: Trace,
  chains: AsyncDisposableStack,
): Promise<Measured> {
  const use = fileURLToPath(new URL(`../functions/${name}.vnf.ts`, import.meta.url));
  const begin = performance.now();
  const functions = [{ name: 'subject', use, config: { subnets: networks } }];
  const spec = lineChain(`bench-${name}`, { interface: name, namespace, hook: 'xdp' }, functions);
  const chain = chains.use(await startChain(spec));
  const loadMs = performance.now() - begin;
  const program = await programOf(chain);
  const expected = traffic.blocked.map((isBlocked) => (isBlocked && name !== 'parse' ? DROP : PASS));
  const isRight = trace.verdicts(program).every((verdict, index) => verdict === expected[index]);
  return { program, loadMs, bytes: memoryOf(program), isRight, ns: [] };
}

/** Of tables and of what every instance has, as the kernel counts it. */
function memoryOf(program: BpfProgram): number {
  return program.info().mapIds.reduce((sum, id) => {
    using map = BpfMap.fromId(id);
    return sum + map.info().memoryBytes;
  }, 0);
}

function netOf(measured: ReadonlyMap<FunctionName, Measured>, name: FunctionName): readonly number[] {
  const floor = measured.get('parse')?.ns ?? [];
  return (measured.get(name)?.ns ?? []).map((value, round) => value - (floor[round] ?? Number.NaN));
}

function summarise(size: number, measured: ReadonlyMap<FunctionName, Measured>): readonly Contender[] {
  return [...measured].map(([name, { loadMs, bytes, isRight, ns }]): Contender => {
    if (!isRight) return { name: `${name} ${size}`, metrics: {}, skipped: 'it gave wrong verdicts' };
    return {
      name: `${name} ${size}`,
      metrics: {
        load: metric([loadMs], 'ms'),
        memory: metric([bytes / 2 ** 20], 'MiB'),
        packet: metric(ns, 'ns'),
        ...(name !== 'parse' && { lookup: metric(netOf(measured, name), 'ns') }),
      },
    };
  });
}
