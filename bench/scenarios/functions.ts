// What the library's functions take for a packet that they know, against C over the same maps.
import { importVnf } from '@twinpath/compiler';
import { libraryFunctions } from '@twinpath/functions';
import { type Clang, findClang } from '../fast-path/compile-c.ts';
import { openContest, type Part } from '../fast-path/contenders.ts';
import { measure, stayOnLastCpu, type Times } from '../fast-path/measure.ts';
import { packetOf } from '../fast-path/packets.ts';
import { difference } from '../fast-path/same.ts';
import { Network } from '../functions/network.ts';
import { SUBJECTS, type Subject } from '../functions/subjects.ts';
import { type Contender, machine, metric, type Ratio, ratio, summary, target } from '../result.ts';
import type { Scenario } from './index.ts';

interface Measured {
  readonly subject: Subject;
  readonly all: readonly Times[];
}

export const functions: Scenario = {
  name: 'functions',
  purpose: 'nanoseconds for a packet in firewall, balancer, their chain and dpi, against C that does the same',
  rounds: 9,
  async run({ rounds, progress }) {
    const clang = findClang();
    if (clang === undefined) throw new Error('there is no clang: apt-get install clang-22, or an older one');
    stayOnLastCpu();
    using network = new Network();
    const measured: Measured[] = [];
    const wrong: Contender[] = [];
    for (const subject of SUBJECTS) {
      progress(`${subject.name} …`);
      const found = await compare(subject, clang, network, rounds);
      if (typeof found === 'string') wrong.push({ name: subject.name, metrics: {}, skipped: found });
      else measured.push({ subject, all: found });
    }
    return {
      scenario: 'functions',
      machine: machine(),
      command: `npm run bench -- functions --rounds ${rounds}`,
      rounds,
      correct: wrong.length === 0,
      contenders: [...wrong, ...measured.flatMap(({ subject, all }) => all.map((times) => shown(times, subject)))],
      ratios: measured.flatMap((one) => one.subject.timed.map(({ label }) => ratioOf(one, label))),
      targets: measured.flatMap((one) => [
        target(`${one.subject.name}, time against C`, ratioOf(one, one.subject.bar.label).median, 1, 'lower'),
        target(`${one.subject.name}, ns`, oursNs(one), one.subject.bar.ns, 'lower'),
      ]),
    };
  },
};

/** Or why there is nothing to compare. */
async function compare(subject: Subject, clang: Clang, network: Network, rounds: number) {
  const parts = await Promise.all(subject.parts.map(partOf));
  using contest = openContest(subject.name, parts, clang);
  const packets = [...subject.timed.map(({ packet }) => packet), ...subject.others].map(packetOf);
  return network.inside(() => {
    const different = difference(contest, packets);
    if (different !== undefined) return `the programs are not the same: ${different}`;
    return measure({ name: subject.name, timed: subject.timed }, contest, rounds);
  });
}

async function partOf({ name, twin, config, ...more }: Subject['parts'][number]): Promise<Part> {
  const imported = await importVnf(libraryFunctions().get(name) ?? name);
  const parsed = imported.spec.config?.parse(config);
  return { imported, config: parsed, twin: `../functions/${twin}`, ...more };
}

function shown({ contender, net }: Times, { timed }: Subject): Contender {
  const times = timed.map(({ label }, index) => [label, metric(net[index] ?? [], 'ns')] as const);
  return {
    name: contender.name,
    metrics: { instructions: metric([contender.instructions], ''), ...Object.fromEntries(times) },
  };
}

/** Ours, and the faster of the twins. */
function ratioOf({ subject, all: [ours, ...twins] }: Measured, label: string): Ratio {
  const at = subject.timed.findIndex((one) => one.label === label);
  const of = (times: Times) => times.net[at] ?? [];
  const [best] = twins.toSorted((a, b) => summary(of(a)).median - summary(of(b)).median);
  if (ours === undefined || best === undefined) throw new Error(`${subject.name} has two contenders at least`);
  const named = (times: Times) => ({ name: times.contender.name, values: of(times) });
  return ratio(`${subject.name}, ${label}: Twinpath / C`, label, named(ours), named(best));
}

function oursNs({ subject, all: [ours] }: Measured): number {
  const at = subject.timed.findIndex(({ label }) => label === subject.bar.label);
  return summary(ours?.net[at] ?? []).median;
}
