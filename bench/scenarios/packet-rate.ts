// One packet after another through a veth: dropped, sent back, sent on, forwarded.
import { type Candidate, runTime, stand, wrongs } from '../packet-rate/candidates.ts';
import { actions, cOn, engine, kernel, nft, ours, xsk } from '../packet-rate/contenders.ts';
import { type Contender, machine, metric, type Ratio, type Result, ratio, target } from '../result.ts';
import type { Load } from '../wire/messages.ts';
import { type Loaded, Wires } from '../wire/wires.ts';
import type { Scenario } from './index.ts';

const candidates = [kernel, nft, cOn('xdp'), ours('xdp'), cOn('tc'), ours('tcx'), xsk, engine];

/** Frames of each turn. */
const load = (bytes: number, flows: number): Load => ({ bytes, flows, ms: 300 });
const BASE = '64 B, 1024 flows';
const loads: Readonly<Record<string, Load>> = {
  [BASE]: load(64, 1024),
  '512 B, 1024 flows': load(512, 1024),
  '1514 B, 1024 flows': load(1514, 1024),
  '64 B, 1 flow': load(64, 1),
  '64 B, 1048576 flows': load(64, 1 << 20),
};

/** Ours and who does the same in C: rate over its rate, at the least. */
const pairs = [
  { of: 'ours, XDP', over: 'C, XDP', bar: 0.98 },
  { of: 'ours, tcx', over: 'C, tcx', bar: 0.98 },
  { of: 'engine', over: 'C, AF_XDP', bar: 0.95 },
] as const;

interface Measured extends Candidate {
  readonly loaded: ReadonlyMap<string, readonly Loaded[]>;
  /** Of the programs, nanoseconds for each packet; empty: there are none of the kernel's. */
  readonly times: readonly number[];
}

export const packetRate: Scenario = {
  name: 'packet-rate',
  purpose:
    'drop, send back, send on, forward through a veth: the kernel, nft, C on XDP, tcx and AF_XDP, ours, the engine',
  rounds: 5,
  async run({ rounds, progress }) {
    await using wires = await Wires.open('rate');
    await using stack = new AsyncDisposableStack();
    const skipped: Contender[] = [];
    const standing: Candidate[] = [];
    for (const contender of candidates) {
      const reason = contender.missing();
      if (reason !== undefined) skipped.push({ name: contender.name, metrics: {}, skipped: reason });
      else for (const action of contender.actions) standing.push(await stand(wires, contender, action, stack));
      progress(`${contender.name} stands …`);
    }
    const right: Candidate[] = [];
    for (const candidate of standing) {
      const wrong = await wrongs(wires, candidate);
      for (const line of wrong) progress(line);
      if (wrong.length === 0) right.push(candidate);
    }
    const measured = await measure(wires, right, rounds, progress);
    return {
      scenario: 'packet-rate',
      machine: machine(),
      command: `npm run bench -- packet-rate --rounds ${rounds}`,
      rounds,
      correct: right.length === standing.length,
      contenders: [...measured.flatMap(shown), ...skipped],
      ...compared(measured),
    };
  },
};

async function measure(
  wires: Wires,
  right: readonly Candidate[],
  rounds: number,
  progress: (line: string) => void,
): Promise<readonly Measured[]> {
  const measured = right.map((one) => ({ ...one, loaded: new Map<string, Loaded[]>(), times: [] as number[] }));
  // The first turn is for the JIT of those in user space.
  for (const one of measured) await wires.load(one.near, one.standing, load(64, 1024));
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} …`);
    for (const action of actions) {
      const turns = measured.filter((one) => one.action === action);
      for (const [name, asked] of Object.entries(loads)) {
        for (const one of turns) {
          const before = one.loaded.get(name) ?? [];
          one.loaded.set(name, [...before, await wires.load(one.near, one.standing, asked)]);
        }
      }
      for (const one of turns) {
        const time = await runTime(wires, one, load(64, 1024));
        if (time !== undefined) one.times.push(time);
      }
    }
  }
  return measured;
}

function shown({ contender, action, loaded, times }: Measured): readonly Contender[] {
  return [...loaded].map(([name, all]) => {
    const of = (what: keyof Loaded, unit: string) =>
      metric(
        all.map((one) => one[what]),
        unit,
      );
    const metrics = { rate: of('rate', 'frames/s'), cpu: of('cpu', 'ns/frame'), own: of('own', 'ns/frame') };
    const time = name === BASE && times.length > 0 ? { time: metric(times, 'ns/run') } : {};
    return { name: `${contender.name}, ${action}, ${name}`, metrics: { ...metrics, ...time } };
  });
}

function compared(measured: readonly Measured[]): Pick<Result, 'ratios' | 'targets'> {
  const ratios: Ratio[] = [];
  const targets: Result['targets'][number][] = [];
  for (const { of, over, bar } of pairs) {
    for (const action of actions) {
      const [one, other] = [of, over].map((name) =>
        measured.find((candidate) => candidate.contender.name === name && candidate.action === action),
      );
      if (one === undefined || other === undefined) continue;
      const said = `${of} over ${over}, ${action}`;
      for (const name of Object.keys(loads))
        ratios.push(ratio(`${said}, ${name}`, 'rate', rates(one, name), rates(other, name)));
      ratios.push(ratio(`${said}, ${BASE}`, 'cpu', costs(one), costs(other)));
      const base = ratio(said, 'rate', rates(one, BASE), rates(other, BASE));
      targets.push(target(`${said}: rate`, base.median, bar, 'higher'));
      if (one.times.length === 0 || other.times.length === 0) continue;
      const time = ratio(`${said}, time of the program`, 'time', times(one), times(other));
      ratios.push(time);
      targets.push(target(`${said}: time of the program`, time.median, 1 / bar, 'lower'));
    }
  }
  return { ratios, targets };
}

const named = ({ contender, action }: Measured): string => `${contender.name}, ${action}`;
const rates = (one: Measured, load: string) => {
  return { name: `${named(one)}, ${load}`, values: (one.loaded.get(load) ?? []).map(({ rate }) => rate) };
};
const costs = (one: Measured) => {
  return { name: `${named(one)}, ${BASE}`, values: (one.loaded.get(BASE) ?? []).map(({ cpu }) => cpu) };
};
const times = (one: Measured) => ({ name: `${named(one)}, ${BASE}`, values: one.times });
