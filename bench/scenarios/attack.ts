// A flood of new connections from forged addresses beside clients whose load is paced.
import { setTimeout as delay } from 'node:timers/promises';
import { Arena, type Flooded, type Goodput } from '../attack/arena.ts';
import { type Contender as Candidate, contenders as candidates } from '../attack/contenders.ts';
import { type Contender, machine, metric, type Ratio, type Result, ratio, summary, target } from '../result.ts';
import type { Scenario } from './index.ts';

/** Packets of the flood each second. */
const FLOOD = 300_000;
/** Of what the contender can do without a flood. */
const LOAD = 0.3;
/** Goodput beside the flood, as a share of that beside the same flood into a program that drops everything. */
const BAR = 0.8;
const SIDES = ['void', 'wild'] as const satisfies readonly Flooded[];

interface Measured {
  readonly candidate: Candidate;
  readonly capacity: number;
  readonly rounds: readonly Readonly<Record<Flooded, Goodput>>[];
  readonly wrongs: readonly string[];
}

export const attack: Scenario = {
  name: 'attack',
  purpose: `a SYN flood of ${FLOOD} packets/s beside clients paced at ${100 * LOAD} % of capacity`,
  rounds: 5,
  async run({ rounds, progress }) {
    await using arena = await Arena.open();
    const measured: Measured[] = [];
    const skipped: Contender[] = [];
    for (const candidate of candidates) {
      const reason = candidate.missing();
      progress(`${candidate.name} …`);
      if (reason === undefined) measured.push(await measure(arena, candidate, rounds));
      else skipped.push({ name: candidate.name, metrics: {}, skipped: reason });
    }
    for (const { candidate, wrongs } of measured) for (const wrong of wrongs) progress(`${candidate.name}: ${wrong}`);
    const right = measured.filter(({ wrongs }) => wrongs.length === 0);
    return {
      scenario: 'attack',
      machine: machine(),
      command: `npm run bench -- attack --rounds ${rounds}`,
      rounds,
      correct: right.length === measured.length,
      contenders: [...right.flatMap(shown), ...skipped],
      ratios: right.map(shareOf),
      targets: right.flatMap(targetsOf),
    };
  },
};

async function measure(arena: Arena, candidate: Candidate, rounds: number): Promise<Measured> {
  await using standing = await candidate.open(arena);
  if (!(await answers(arena))) return { candidate, capacity: 0, rounds: [], wrongs: ['clients get no answer'] };
  const capacity = await arena.capacity();
  const results: Record<Flooded, Goodput>[] = [];
  for (let round = 0; round < rounds; round++) {
    const result = { void: await goodput(arena, capacity, 'void'), wild: await goodput(arena, capacity, 'wild') };
    results.push(result);
  }
  return { candidate, capacity, rounds: results, wrongs: await standing.wrongs() };
}

const goodput = (arena: Arena, capacity: number, flooded: Flooded) => arena.goodput(LOAD * capacity, flooded, FLOOD);

async function answers(arena: Arena): Promise<boolean> {
  for (let attempt = 0; attempt < 20; attempt++) {
    if (await arena.asked()) return true;
    await delay(100);
  }
  return false;
}

function shown({ candidate, capacity, rounds }: Measured): readonly Contender[] {
  return SIDES.map((side) => {
    const of = (name: keyof Goodput, unit: string) =>
      metric(
        rounds.map((round) => round[side][name]),
        unit,
      );
    return {
      name: `${candidate.name}, flood ${side === 'wild' ? 'meets it' : 'dropped'}`,
      metrics: {
        goodput: of('requests', '/s'),
        failed: of('failed', ''),
        flood: of('flood', '/s'),
        arrived: of('arrived', '/s'),
        capacity: metric([capacity], '/s'),
      },
    };
  });
}

function shareOf({ candidate: { name }, rounds }: Measured): Ratio {
  const of = (side: Flooded) => ({ name: `${name}, ${side}`, values: rounds.map((round) => round[side].requests) });
  return ratio(`${name}, goodput beside the flood`, 'goodput', of('wild'), of('void'));
}

function targetsOf(measured: Measured): Result['targets'] {
  const { candidate, rounds } = measured;
  if (!candidate.isOurs) return [];
  const made = rounds.flatMap((round) => SIDES.map((side) => round[side].flood));
  return [
    target(`${candidate.name}, goodput beside the flood`, shareOf(measured).median, BAR, 'higher'),
    target(`${candidate.name}, flood made, packets/s`, summary(made).median, 0.95 * FLOOD, 'higher'),
  ];
}
