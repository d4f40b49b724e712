// What one more function of a chain costs, as a program of its own and as a part of one.
import { fileURLToPath } from 'node:url';
import { importVnf } from '@twinpath/compiler';
import { measureCarried } from '../chain-length/carried.ts';
import { FLOWS, KNOWN, measureTraffic } from '../chain-length/traffic.ts';
import { openChain } from '../fast-path/chains.ts';
import type { Making } from '../fast-path/instance.ts';
import { means, measureAll, stayOnLastCpu, type Times } from '../fast-path/measure.ts';
import { manyPackets } from '../fast-path/packets.ts';
import type { Measured } from '../fast-path/programs.ts';
import { difference } from '../fast-path/same.ts';
import { type Contender, machine, metric, type Ratio, ratio, summary, target } from '../result.ts';
import type { Law } from '../specialise/traffic.ts';
import type { Scenario } from './index.ts';

const LENGTHS = [1, 2, 4, 8, 16, 32] as const;
const PACKET = 'ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 80 ack / "abcdefgh"';

interface Chain {
  readonly name: string;
  readonly functions: readonly string[];
  readonly measured: Measured;
}

const trivial = (length: number): Chain => ({
  name: `${length} trivial`,
  functions: Array.from({ length }, () => 'trivial'),
  measured: { name: 'trivial', timed: [{ label: 'TCP', packet: PACKET }] },
});

/** What the balancer has rewritten is put back: both checksums, address, port. */
const REWRITTEN = {
  bytes: [
    [24, 2],
    [30, 4],
    [36, 2],
    [50, 2],
  ],
} as const;

const ESTABLISHED: Chain = {
  name: 'firewall, dpi, balancer',
  functions: ['firewall', 'dpi', 'balancer'],
  measured: { name: 'chain', timed: [{ label: 'one flow', packet: PACKET, restore: REWRITTEN }] },
};

/** The same chain, with so many flows that caches do not hold what is known of all of them. */
const LAWS: readonly { readonly law: Law; readonly name: string; readonly bars: readonly number[] }[] = [
  { law: 'Zipf', name: `firewall, dpi, balancer; ${FLOWS} flows, Zipf`, bars: [0.85, 0.55] },
  { law: 'uniform', name: `firewall, dpi, balancer; ${FLOWS} flows, uniform`, bars: [0.85, 0.6] },
];

interface Measurement {
  readonly chain: Pick<Chain, 'name'>;
  readonly called: Times;
  readonly fused: Times;
}

export const chainLength: Scenario = {
  name: 'chain-length',
  purpose:
    'a chain by tail calls and as one program: 1 to 32 trivial functions, also over wires beside namespaces hop by hop and chains of iptables, and three real ones on one established flow and on many',
  rounds: 7,
  async run({ rounds, progress }) {
    stayOnLastCpu();
    const measurements: Measurement[] = [];
    let correct = true;
    for (const chain of [...LENGTHS.map(trivial), ESTABLISHED]) {
      progress(`${chain.name} …`);
      const found = await measureChain(chain, rounds);
      if (typeof found === 'string') progress(found);
      else measurements.push(found);
      correct &&= typeof found !== 'string';
    }
    using many = openChain('many flows', await Promise.all(ESTABLISHED.functions.map(makingOfMany)));
    for (const { law, name } of LAWS) {
      progress(`${name} …`);
      many.reset();
      const found = measureTraffic(law, [many.ours, many.fused], rounds);
      const [called, fused] = typeof found === 'string' ? [] : found.map((one) => named(one, name));
      if (called !== undefined && fused !== undefined) measurements.push({ chain: { name }, called, fused });
      else progress(String(found));
      correct &&= called !== undefined;
    }
    const carried = await measureCarried(rounds, progress);
    correct &&= carried.correct;
    return {
      scenario: 'chain-length',
      machine: machine(),
      command: `npm run bench -- chain-length --rounds ${rounds}`,
      rounds,
      correct,
      contenders: [
        ...measurements.flatMap(({ called, fused }) => [shown(called), shown(fused)]),
        ...carried.contenders,
      ],
      ratios: [...measurements.map(ratioOf), ...carried.ratios],
      targets: correct ? targetsOf(measurements) : [],
    };
  },
};

const named = (times: Times, name: string): Times => {
  const { contender } = times;
  return { ...times, contender: { ...contender, name: contender.name.replace('many flows', name) } };
};

async function makingOfMany(name: string): Promise<Making> {
  const fill = KNOWN[name];
  return { ...(await making(name)), ...(fill && { fill }) };
}

/** Or what is wrong. */
async function measureChain(chain: Chain, rounds: number): Promise<Measurement | string> {
  using open = openChain(chain.name, await Promise.all(chain.functions.map(making)));
  const different = difference(open, manyPackets());
  if (different !== undefined) return `the programs are not the same: ${different}`;
  open.reset();
  const [called, fused] = measureAll(chain.measured, [open.ours, open.fused], rounds);
  if (called === undefined || fused === undefined) throw new Error('there are two contenders');
  return { chain, called, fused };
}

async function making(name: string): Promise<Making> {
  return {
    imported: await importVnf(fileURLToPath(new URL(`../fast-path/${name}.vnf.ts`, import.meta.url))),
    config: {},
  };
}

const shown = (times: Times): Contender => ({
  name: times.contender.name,
  metrics: {
    time: metric(means(times), 'ns'),
    instructions: metric([times.contender.instructions], ''),
    steps: metric([times.contender.steps], ''),
  },
});

const ratioOf = ({ chain, called, fused }: Measurement): Ratio =>
  ratio(
    `${chain.name}: fused / tail calls`,
    'time',
    { name: fused.contender.name, values: means(fused) },
    { name: called.contender.name, values: means(called) },
  );

function targetsOf(measurements: readonly Measurement[]) {
  const median = (length: number, way: 'called' | 'fused') => {
    const found = measurements.find(({ chain }) => chain.name === trivial(length).name);
    return found === undefined ? Number.NaN : summary(means(found[way])).median;
  };
  const added = (way: 'called' | 'fused') => (median(32, way) - median(1, way)) / 31;
  return [
    target('one more trivial function by a tail call, ns', added('called'), 5, 'lower'),
    target('one more trivial function, fused, ns', added('fused'), 0.5, 'lower'),
    target('8 trivial functions, fused / one', median(8, 'fused') / median(1, 'fused'), 1.5, 'lower'),
    // What a chain with its own tables is to reach, and one whose flow tables are one.
    ...[{ name: ESTABLISHED.name, bars: [0.6, 0.4] }, ...LAWS].flatMap(({ name, bars }) => {
      const found = measurements.find(({ chain }) => chain.name === name);
      const value = found === undefined ? Number.NaN : ratioOf(found).median;
      return bars.map((bar) => target(`${name}: fused / tail calls`, value, bar, 'lower'));
    }),
  ];
}
