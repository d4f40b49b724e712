// What it saves to have the hottest entries in front of a table, and what it costs where no entry is hotter than others.
import { stayOnLastCpu } from '../fast-path/measure.ts';
import { type Contender, machine, metric, type Ratio, ratio, target } from '../result.ts';
import { type Measured, measure, type Subject } from '../specialise/measure.ts';
import type { Law } from '../specialise/traffic.ts';
import type { Scenario } from './index.ts';

const FLOWS = 100_000;
const SUBJECTS: readonly (Subject & { readonly bar: number })[] = [
  { name: 'LPM, 1,000 prefixes', use: 'lpm', entries: 1000, senders: FLOWS, bar: 0.65 },
  { name: 'LPM, 10,000 prefixes', use: 'lpm', entries: 10_000, senders: FLOWS, bar: 0.65 },
  { name: 'hash, 64 entries', use: 'hash', entries: 64, senders: 64, bar: 0.45 },
  { name: 'hash, 1,000 entries', use: 'hash', entries: 1000, senders: 1000, bar: 1.03 },
];
const LAWS: readonly Law[] = ['Zipf', 'uniform'];
const UNIFORM_BAR = 1.03;

export const specialise: Scenario = {
  name: 'specialise',
  purpose: 'lookups with the hottest entries in front of tables, against the tables alone: Zipf and uniform traffic',
  rounds: 7,
  async run({ rounds, progress }) {
    stayOnLastCpu();
    const contenders: Contender[] = [];
    const ratios: (Ratio & { readonly bar: number })[] = [];
    let correct = true;
    for (const { bar, ...subject } of SUBJECTS) {
      for (const law of LAWS) {
        const name = `${subject.name}, ${law}`;
        progress(`${name} …`);
        const measured = await measure(subject, law, rounds);
        correct &&= measured.isRight;
        contenders.push(...shown(name, measured));
        ratios.push({ ...ratioOf(name, measured), bar: law === 'Zipf' ? bar : UNIFORM_BAR });
      }
    }
    return {
      scenario: 'specialise',
      machine: machine(),
      command: `npm run bench -- specialise --rounds ${rounds}`,
      rounds,
      correct,
      contenders,
      ratios: ratios.map(({ bar, ...one }) => one),
      targets: ratios.map(({ name, median, bar }) => target(name, median, bar, 'lower')),
    };
  },
};

function shown(name: string, { isRight, plain, specialised, front }: Measured): readonly Contender[] {
  if (!isRight) return [{ name, metrics: {}, skipped: 'it gave wrong verdicts' }];
  return [
    { name: `${name}: table alone`, metrics: { lookup: metric(plain, 'ns') } },
    {
      name: `${name}: specialised`,
      metrics: {
        lookup: metric(specialised, 'ns'),
        'entries in front': metric([front.entries], ''),
        share: metric([front.share], ''),
        made: metric([front.made], ''),
      },
    },
  ];
}

const ratioOf = (name: string, { plain, specialised }: Measured): Ratio =>
  ratio(
    `${name}: specialised / table alone`,
    'lookup',
    { name: `${name}: specialised`, values: specialised },
    { name: `${name}: table alone`, values: plain },
  );
