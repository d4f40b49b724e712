// The engine: a program against gcc and the kernel, AF_XDP against C on the same wire, workers beside each other, and what it costs to wait.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Engine } from '@twinpath/engine';
import { XdpInterface } from '@twinpath/engine/ports/live';
import { EngineWorker } from '@twinpath/engine/workers';
import { compareNat } from '../engine/compare-nat.ts';
import { compileForwarder, startC } from '../engine/forward-c.ts';
import { type Mode, modes, startEngine } from '../engine/forward-engine.ts';
import { type Scaled, scale } from '../engine/scaling.ts';
import { type Contender, machine, metric, type Ratio, type Result, ratio, target } from '../result.ts';
import type { Load } from '../wire/messages.ts';
import { type Loaded, type Near, type Standing, Wires } from '../wire/wires.ts';
import type { Scenario } from './index.ts';

const LOAD: Load = { bytes: 64, flows: 1, ms: 1000 };
const IDLE_MS = 3000;
const WARM_UP_MS = 500;

export const engine: Scenario = {
  name: 'engine',
  purpose:
    'the user-space engine: a program against gcc and kernel, AF_XDP against C, 1 to 2 workers, CPU time when idle',
  rounds: 7,
  async run({ rounds, progress }) {
    const contenders: Contender[] = [];
    const ratios: Ratio[] = [];
    const targets: Result['targets'][number][] = [];
    progress('programs …');
    const nat = compareNat(rounds);
    contenders.push(...nat.contenders);
    ratios.push(...nat.ratios);
    targets.push(...nat.targets);
    await using wires = await Wires.open('engine');
    const forwarding = await forward(wires, rounds, progress);
    for (const mode of modes) {
      const [ours, c] = [forwarding(mode, 'engine'), forwarding(mode, 'C')];
      contenders.push(shown(`engine, ${mode}`, ours), shown(`C, ${mode}`, c));
      const [rate, cpu] = (['rate', 'own'] as const).map((what) => against(mode, what, ours, c));
      if (!rate || !cpu) continue;
      ratios.push(rate, cpu);
      targets.push(target(`${mode}: rate of the engine over that of C`, rate.median, 0.95, 'higher'));
      targets.push(target(`${mode}: CPU time of a frame over that in C`, cpu.median, 1 / 0.95, 'lower'));
    }
    progress('workers …');
    const [one, two] = await scaling(rounds);
    contenders.push(workers('1 worker', one), workers('2 workers', two));
    const scaled = ratio('workers', 'rate', column('2 workers', two, 'rate'), column('1 worker', one, 'rate'));
    ratios.push(scaled);
    ratios.push(
      ratio(
        'workers, each CPU second',
        'perCpu',
        column('2 workers', two, 'perCpu'),
        column('1 worker', one, 'perCpu'),
      ),
    );
    targets.push(target('2 workers over 1', scaled.median, 1.7, 'higher'));
    progress('idle …');
    const idle = await idleShare(wires);
    contenders.push({ name: 'engine, idle', metrics: { cpu: metric([100 * idle], '% of a core') } });
    targets.push(target('idle: share of a core', idle, 0.02, 'lower'));
    const command = `npm run bench -- engine --rounds ${rounds}`;
    return {
      scenario: 'engine',
      machine: machine(),
      command,
      rounds,
      correct: nat.correct,
      contenders,
      ratios,
      targets,
    };
  },
};

interface Turn {
  readonly mode: Mode;
  readonly who: 'engine' | 'C';
  readonly near: Near;
  readonly standing: Standing;
}

/** Both stand all the time; their loads are in turn, so that both meet the same disturbances. */
async function forward(wires: Wires, rounds: number, progress: (line: string) => void): Promise<Forwarding> {
  await using stack = new AsyncDisposableStack();
  const program = join(wires.lab.folder, 'xsk');
  compileForwarder(program);
  const turns: Turn[] = [];
  for (const mode of modes) {
    const [one, other] = [await wires.near({ sink: 'tcx' }), await wires.near({ sink: 'tcx' })];
    turns.push({ mode, who: 'engine', near: one, standing: await startEngine(one, mode, stack) });
    turns.push({ mode, who: 'C', near: other, standing: await startC(other, program, mode, stack) });
  }
  const loads = new Map(turns.map((turn) => [turn, [] as Loaded[]]));
  for (let round = 0; round < rounds; round++) {
    for (const turn of turns) {
      progress(`${turn.mode}, ${turn.who}, round ${round + 1} …`);
      // The first load is for the JIT.
      if (round === 0) await wires.load(turn.near, turn.standing, { ...LOAD, ms: WARM_UP_MS });
      loads.get(turn)?.push(await wires.load(turn.near, turn.standing, LOAD));
    }
  }
  return (mode, who) => loads.get(turns.find((turn) => turn.mode === mode && turn.who === who) ?? missing()) ?? [];
}
type Forwarding = (mode: Mode, who: Turn['who']) => readonly Loaded[];

function missing(): never {
  throw new Error('all turns are there');
}

async function scaling(rounds: number): Promise<readonly [readonly Scaled[], readonly Scaled[]]> {
  const [one, two]: [Scaled[], Scaled[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    one.push(...(await scale(1, [WARM_UP_MS, LOAD.ms])).slice(1));
    two.push(...(await scale(2, [WARM_UP_MS, LOAD.ms])).slice(1));
  }
  return [one, two];
}

async function idleShare(wires: Wires): Promise<number> {
  const { host } = await wires.near();
  const made = new Engine({ bytes: 64 << 20, shared: true });
  const worker = await EngineWorker.start(made, { cpu: 0 });
  using port = new XdpInterface(made, { link: 'a', namespace: host.namespace, queues: [worker.takeSlot()] });
  await worker.configure({ ports: port.ports });
  await sleep(WARM_UP_MS);
  const before = process.cpuUsage();
  await sleep(IDLE_MS);
  const { user, system } = process.cpuUsage(before);
  await worker.stop();
  return (user + system) / 1000 / IDLE_MS;
}

const column = <T extends Loaded | Scaled>(name: string, results: readonly T[], what: keyof T & string) => {
  return { name, values: results.map((one) => Number(one[what])) };
};
const against = (mode: Mode, what: 'rate' | 'own', ours: readonly Loaded[], c: readonly Loaded[]) =>
  ratio(`${mode}, ${what}`, what, column(`engine, ${mode}`, ours, what), column(`C, ${mode}`, c, what));

function shown(name: string, results: readonly Loaded[]): Contender {
  const rate = metric(column(name, results, 'rate').values, 'frames/s');
  return { name, metrics: { rate, cpu: metric(column(name, results, 'own').values, 'ns/frame') } };
}

function workers(name: string, results: readonly Scaled[]): Contender {
  const rate = metric(column(name, results, 'rate').values, 'frames/s');
  return { name, metrics: { rate, perCpu: metric(column(name, results, 'perCpu').values, 'frames/CPU s') } };
}
