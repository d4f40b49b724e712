// Our compiler against clang: twelve programs, each with a C twin over the same maps.
import { fileURLToPath } from 'node:url';
import { importVnf } from '@twinpath/compiler';
import { type Clang, findClang } from '../fast-path/compile-c.ts';
import { type Contest, openContest, type Part } from '../fast-path/contenders.ts';
import { means, measure, stayOnLastCpu, type Times } from '../fast-path/measure.ts';
import { manyPackets } from '../fast-path/packets.ts';
import { type Measured, PROGRAMS } from '../fast-path/programs.ts';
import { difference } from '../fast-path/same.ts';
import { type Contender, machine, metric, type Ratio, type Result, ratio, summary, target } from '../result.ts';
import type { Scenario } from './index.ts';

/** Programs that take less are shown, but the resolution does not suffice for the mean. */
const LEAST_NS = 8;
const MOST_NS_BEHIND = 0.5;

interface Compared {
  readonly ours: Times;
  /** The better of the C twins. */
  readonly clang: Times;
  readonly all: readonly Times[];
  readonly contest: Pick<Contest, 'twins'>;
}

export const fastPath: Scenario = {
  name: 'fast-path',
  purpose: 'code of our compiler against clang -O2: time, instructions, verifier steps of the same programs',
  rounds: 9,
  async fixed() {
    const contenders: Contender[] = [];
    for (const program of PROGRAMS) {
      using contest = openContest(program.name, [await partOf(program)]);
      contenders.push({ name: contest.ours.name, metrics: counts(contest.ours) });
    }
    return contenders;
  },
  async run({ rounds, progress }) {
    const clang = findClang();
    if (clang === undefined) throw new Error('there is no clang: apt-get install clang-22, or an older one');
    progress(clang.version);
    stayOnLastCpu();
    const contenders: Contender[] = [];
    const compared: Compared[] = [];
    let correct = true;
    for (const program of PROGRAMS) {
      progress(`${program.name} …`);
      const found = program.skipped ?? (await compare(program, clang, rounds));
      if (typeof found === 'string') contenders.push({ name: program.name, metrics: {}, skipped: found });
      else {
        compared.push(found);
        contenders.push(...found.all.map((times) => shown(times, program)));
      }
      correct &&= program.skipped !== undefined || typeof found !== 'string';
    }
    return {
      scenario: 'fast-path',
      machine: machine(),
      command: `npm run bench -- fast-path --rounds ${rounds}`,
      rounds,
      correct,
      contenders,
      ratios: compared.flatMap(ratiosOf),
      targets: targetsOf(compared),
    };
  },
};

/** Or why there is nothing to compare. */
async function compare(program: Measured, clang: Clang, rounds: number): Promise<Compared | string> {
  using contest = openContest(program.name, [await partOf(program)], clang);
  const different = difference(contest, manyPackets());
  if (different !== undefined) return `the programs are not the same: ${different}`;
  const all = measure(program, contest, rounds);
  const [ours, ...twins] = all;
  const [clangs] = twins.toSorted((a, b) => summary(means(a)).median - summary(means(b)).median);
  if (ours === undefined || clangs === undefined) throw new Error(`${program.name} has two contenders at least`);
  return { ours, clang: clangs, all, contest: { twins: contest.twins } };
}

async function partOf({ name: twin }: Measured): Promise<Part> {
  const imported = await importVnf(fileURLToPath(new URL(`../fast-path/${twin}.vnf.ts`, import.meta.url)));
  return { twin, imported, config: {} };
}

function shown(times: Times, { timed }: Measured): Contender {
  const { contender, net } = times;
  const packets = timed.map(({ label }, index) => [label, metric(net[index] ?? [], 'ns')] as const);
  return {
    name: contender.name,
    metrics: {
      ...counts(contender),
      ...Object.fromEntries(packets),
      mean: metric(means(times), 'ns'),
    },
  };
}

const counts = ({ instructions, steps }: Contest['ours']) => ({
  instructions: metric([instructions], ''),
  steps: metric([steps], ''),
});

const timeRatio = ({ ours, clang }: Compared): Ratio =>
  ratio(
    `${ours.contender.name} / clang, time`,
    'mean',
    { name: ours.contender.name, values: means(ours) },
    { name: clang.contender.name, values: means(clang) },
  );

function countRatio({ ours, clang }: Compared, count: 'instructions' | 'steps'): Ratio {
  const [of, over] = [ours.contender, clang.contender];
  return ratio(
    `${of.name} / clang, ${count}`,
    count,
    { name: of.name, values: [of[count]] },
    { name: over.name, values: [over[count]] },
  );
}

/** The smallest may be another one than the fastest. */
function smallestRatio({ ours: { contender }, contest: { twins } }: Compared): Ratio {
  const [smallest] = twins.toSorted((a, b) => a.instructions - b.instructions);
  if (smallest === undefined) throw new Error(`${contender.name} has a twin`);
  return ratio(
    `${contender.name} / smallest of clang, instructions`,
    'instructions',
    { name: contender.name, values: [contender.instructions] },
    { name: smallest.name, values: [smallest.instructions] },
  );
}

const ratiosOf = (compared: Compared): readonly Ratio[] => [
  timeRatio(compared),
  countRatio(compared, 'instructions'),
  smallestRatio(compared),
  countRatio(compared, 'steps'),
];

function targetsOf(compared: readonly Compared[]): Result['targets'] {
  const long = compared.filter(({ clang }) => summary(means(clang)).median >= LEAST_NS);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const geometric = Math.exp(mean(long.map((one) => Math.log(timeRatio(one).median))));
  const counted = (count: 'instructions' | 'steps') => mean(compared.map((one) => countRatio(one, count).median));
  return [
    target(`time, geometric mean of ${long.length} programs of ${LEAST_NS} ns and more`, geometric, 0.95, 'lower'),
    target('time, slowest against clang (up to 0.5 ns behind count as equal)', worst(compared), 1.05, 'lower'),
    target('instructions, mean', counted('instructions'), 0.9, 'lower'),
    target('verifier steps, mean', counted('steps'), 1.2, 'lower'),
  ];
}

function worst(compared: readonly Compared[]): number {
  const ratios = compared.map((one) => {
    const behind = summary(means(one.ours)).median - summary(means(one.clang)).median;
    return behind <= MOST_NS_BEHIND ? Math.min(1, timeRatio(one).median) : timeRatio(one).median;
  });
  return Math.max(...ratios);
}
