// The same trivial functions where packets really go: from a source over wires to a sink, forwarded by the kernel, with the functions in one
// chain of ours, in a namespace each, or as chains of iptables. All CPU time counts: the source's, the wires', the kernel's forwarding (once,
// but with a namespace each, where it is between the functions).
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningChain, startChain } from '@twinpath/runtime';
import type { ChainSpec } from '@twinpath/vnf/chain';
import { absent } from '../network/contenders.ts';
import { runTime } from '../packet-rate/candidates.ts';
import { type Contender, metric, type Ratio, ratio } from '../result.ts';
import type { Load } from '../wire/messages.ts';
import { type Loaded, type Near, Wires } from '../wire/wires.ts';

const LENGTHS = [1, 8, 32];
/** As fast as it can be made: paced, a frame costs three times as much, most of it for waking up. */
const LOAD: Load = { bytes: 64, flows: 1024, ms: 300 };
const FEW = 64;
const PATIENCE_MS = 3000;
const TRIVIAL = new URL('../fast-path/trivial.vnf.ts', import.meta.url).pathname;
/** Nothing but what is wrong; what is not in one program is a figure. */
const quiet = { debug() {}, info() {}, warn() {}, error: console.error };

/** What each function has counted, in their order. */
type Counts = () => Promise<readonly number[]>;

interface Opened {
  readonly counts: Counts;
  /** How many functions are in one program. */
  readonly fused?: number | undefined;
}

interface Way {
  readonly name: string;
  /** A host for each function, one behind the other; default: one for all. */
  readonly isSplit?: boolean;
  /** Functions at the least; default 1. */
  readonly least?: number;
  readonly isOurs?: boolean;
  missing?(): string | undefined;
  /** It stands until the stack is disposed. */
  open(near: Near, length: number, stack: AsyncDisposableStack): Promise<Opened>;
}

const FORWARDING: Way = { name: 'kernel forwarding', open: async () => ({ counts: async () => [] }) };
const inOneChain = (run: 'tail-calls' | 'fused', hook: 'xdp' | 'tcx'): Way => ({
  name: `${run === 'fused' ? 'fused' : 'tail calls'} on ${hook}`,
  isOurs: true,
  // One is one program anyhow.
  least: run === 'fused' ? 2 : 1,
  async open({ host: { namespace } }, length, stack) {
    const name = `bench-length-${run}-${hook}-${length}`;
    const spec = { ...chainAt(namespace, hook, name, length), run };
    const chain = stack.use(await startChain(spec, { log: quiet }));
    return { counts: countsOf(chain), fused: chain.ports[0]?.fused.length };
  },
});
const OURS = [
  inOneChain('tail-calls', 'xdp'),
  inOneChain('fused', 'xdp'),
  inOneChain('tail-calls', 'tcx'),
  inOneChain('fused', 'tcx'),
];

const SPLIT: Way = {
  name: 'a namespace for each',
  isSplit: true,
  isOurs: true,
  async open({ hosts }, length, stack) {
    const counts: Counts[] = [];
    for (const [hop, { namespace }] of hosts.entries()) {
      const spec = chainAt(namespace, 'tcx', `bench-length-split-${length}-${hop}`, 1);
      counts.push(countsOf(stack.use(await startChain(spec, { log: quiet }))));
    }
    return { counts: async () => (await Promise.all(counts.map((one) => one()))).flat() };
  },
};

/** Of each, one rule that lets all go on counts. */
const IPTABLES: Way = {
  name: 'iptables chains',
  missing: () => absent('iptables-legacy'),
  async open({ host }, length) {
    const names = trivials(length).map(({ name }) => name);
    const lines = [
      ...names.map((name) => `:${name} - [0:0]`),
      ...names.flatMap((name) => [`-A FORWARD -j ${name}`, `-A ${name}`]),
    ];
    await host.exec('iptables-legacy-restore', [], { input: ['*filter', ...lines, 'COMMIT', ''].join('\n') });
    const counts = async () => {
      const { stdout } = await host.exec('iptables-legacy-save', ['-c', '-t', 'filter']);
      return names.map((name) => Number(new RegExp(`^\\[(\\d+):\\d+\\] -A ${name}$`, 'm').exec(stdout)?.[1]));
    };
    return { counts };
  },
};

const trivials = (length: number) => Array.from({ length }, (_, index) => ({ name: `f${index}`, use: TRIVIAL }));

/** Between `a` and the host that forwards. */
function chainAt(namespace: string, hook: 'xdp' | 'tcx', name: string, length: number): ChainSpec {
  const functions = trivials(length);
  const a = { interface: 'a', namespace, hook } as const;
  return { name, ports: { a }, functions, paths: [['a', ...functions.map((one) => one.name), 'host']] };
}

const countsOf =
  (chain: RunningChain): Counts =>
  async () =>
    (await chain.statistics()).functions.map(({ counters }) => counters.seen ?? 0);

interface Standing extends Opened {
  readonly way: Way;
  readonly length: number;
  readonly near: Near;
  readonly loaded: Loaded[];
  /** Of our program in the first host, nanoseconds for each packet by the kernel's statistics. */
  readonly times: number[];
}

export interface Carried {
  readonly correct: boolean;
  readonly contenders: readonly Contender[];
  readonly ratios: readonly Ratio[];
}

export async function measureCarried(rounds: number, progress: (line: string) => void): Promise<Carried> {
  await using wires = await Wires.open('length');
  await using stack = new AsyncDisposableStack();
  const ways = [...OURS, IPTABLES, SPLIT];
  const skipped = ways.flatMap((way) => {
    const reason = way.missing?.();
    return reason === undefined ? [] : [{ name: `carried, ${way.name}`, metrics: {}, skipped: reason }];
  });
  const wanted = ways.filter((way) => way.missing?.() === undefined);
  const all: Standing[] = [await stand(wires, FORWARDING, 0, stack)];
  for (const length of LENGTHS) {
    const there = wanted.filter((way) => length >= (way.least ?? 1));
    for (const way of there) all.push(await stand(wires, way, length, stack));
  }
  progress('carried: all stand …');
  const wrong = (await Promise.all(all.map((one) => wrongOf(wires, one)))).flat();
  for (const line of wrong) progress(line);
  if (wrong.length > 0) return { correct: false, contenders: skipped, ratios: [] };
  for (let round = 0; round < rounds; round++) {
    for (const one of all) {
      const standing = wires.standing(one.near, 'b');
      one.loaded.push(await wires.load(one.near, standing, LOAD));
      const time = await runTime(wires, { near: one.near, standing, isKernel: one.way.isOurs === true }, LOAD);
      if (time !== undefined) one.times.push(time);
    }
  }
  return { correct: true, contenders: [...shown(all), ...skipped], ratios: ratiosOf(all) };
}

async function stand(wires: Wires, way: Way, length: number, stack: AsyncDisposableStack): Promise<Standing> {
  const near = await wires.near({ sink: 'tcx', gro: true, hops: way.isSplit === true ? length : 1 });
  return { way, length, near, ...(await way.open(near, length, stack)), loaded: [], times: [] };
}

async function wrongOf(wires: Wires, { way, length, near, counts }: Standing): Promise<readonly string[]> {
  await wires.send(near, { ...LOAD, most: FEW });
  const deadline = performance.now() + PATIENCE_MS;
  let arrived = 0;
  while (arrived < FEW && performance.now() < deadline) {
    await sleep(20);
    arrived = (await wires.sunk(near, 'b')).frames;
  }
  const counted = await counts();
  if (arrived === FEW && counted.length === length && counted.every((count) => count === FEW)) return [];
  return [`carried, ${nameOf({ way, length })}: of ${FEW} frames ${arrived} arrived, functions counted ${counted}`];
}

const nameOf = ({ way, length }: Pick<Standing, 'way' | 'length'>): string =>
  length === 0 ? way.name : `${length} trivial, ${way.name}`;
const cpuOf = ({ loaded }: Standing): readonly number[] => loaded.map(({ cpu }) => cpu);

/** `added`: what each function adds to the kernel's forwarding of the same round. */
function shown(all: readonly Standing[]): readonly Contender[] {
  const [base] = all;
  const forwarding = base === undefined ? [] : cpuOf(base);
  return all.map((one) => {
    const cpu = cpuOf(one);
    const added = cpu.map((value, round) => (value - (forwarding[round] ?? Number.NaN)) / one.length);
    const arrived = one.loaded.map(({ rate, sent }) => rate / sent);
    return {
      name: `carried, ${nameOf(one)}`,
      metrics: {
        cpu: metric(cpu, 'ns/frame'),
        ...(one.length > 0 && { added: metric(added, 'ns/frame and function') }),
        arrived: metric(arrived, ''),
        ...(one.way.least === 2 && { fused: metric([one.fused ?? 0], 'functions') }),
        ...(one.times.length > 0 && { time: metric(one.times, 'ns/run') }),
      },
    };
  });
}

function ratiosOf(all: readonly Standing[]): readonly Ratio[] {
  const column = (one: Standing) => ({ name: `carried, ${nameOf(one)}`, values: cpuOf(one) });
  return all.flatMap((one) => {
    if (!OURS.includes(one.way)) return [];
    const others = all.filter(({ way, length }) => length === one.length && (way === IPTABLES || way === SPLIT));
    return others.map((other) =>
      ratio(`carried, ${nameOf(one)} / ${other.way.name}`, 'cpu', column(one), column(other)),
    );
  });
}
