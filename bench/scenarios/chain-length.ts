// What one more function of a chain costs, as a program of its own and as a part of one.
import { fileURLToPath } from 'node:url';
import { importVnf } from '@twinpath/compiler';
import { openChain } from '../fast-path/chains.ts';
import type { Making } from '../fast-path/instance.ts';
import { means, measureAll, stayOnLastCpu, type Times } from '../fast-path/measure.ts';
import { manyPackets } from '../fast-path/packets.ts';
import type { Measured } from '../fast-path/programs.ts';
import { difference } from '../fast-path/same.ts';
import { type Contender, machine, metric, type Ratio, ratio, summary, target } from '../result.ts';
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

interface Measurement {
  readonly chain: Chain;
  readonly called: Times;
  readonly fused: Times;
}

export const chainLength: Scenario = {
  name: 'chain-length',
  purpose:
    'a chain by tail calls and as one program: 1 to 32 trivial functions, and three real ones on an established flow',
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
    return {
      scenario: 'chain-length',
      machine: machine(),
      command: `npm run bench -- chain-length --rounds ${rounds}`,
      rounds,
      correct,
      contenders: measurements.flatMap(({ called, fused }) => [shown(called), shown(fused)]),
      ratios: measurements.map(ratioOf),
      targets: correct ? targetsOf(measurements) : [],
    };
  },
};

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
  const real = measurements.find(({ chain }) => chain === ESTABLISHED);
  return [
    target('one more trivial function by a tail call, ns', added('called'), 5, 'lower'),
    target('one more trivial function, fused, ns', added('fused'), 0.5, 'lower'),
    target('8 trivial functions, fused / one', median(8, 'fused') / median(1, 'fused'), 1.5, 'lower'),
    target(
      'firewall, dpi, balancer, one flow: fused / tail calls',
      real === undefined ? Number.NaN : ratioOf(real).median,
      0.6,
      'lower',
    ),
  ];
}
