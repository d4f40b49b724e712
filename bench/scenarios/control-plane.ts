// What the daemon costs, and how long operators and Prometheus wait for it.
import { measureRound, type Round } from '../control-plane/measure.ts';
import { machine, metric, target } from '../result.ts';
import type { Scenario } from './index.ts';

const UNITS: Readonly<Record<keyof Round, string>> = {
  idleMemory: 'MiB',
  idleCpu: 'of a core',
  rulesStarted: 'ms',
  rulesStartedCpu: 'ms',
  rulesChanged: 'ms',
  rulesChangedCpu: 'ms',
  series: 'series',
  scrape: 'ms',
  scrapeCpu: 'ms',
  workerMemory: 'MiB',
  chainsLoaded: 'ms',
};

export const controlPlane: Scenario = {
  name: 'control-plane',
  purpose: 'the daemon: idle, 10,000 rules applied and changed, a scrape of them, workers, 1,000 chains loaded',
  rounds: 5,
  async run({ rounds, progress }) {
    const measured: Round[] = [];
    for (let round = 0; round < rounds; round++) {
      measured.push(await measureRound());
      progress(JSON.stringify(measured.at(-1)));
    }
    const of = (name: keyof Round) =>
      metric(
        measured.map((one) => one[name]),
        UNITS[name],
      );
    const metrics = {
      idleMemory: of('idleMemory'),
      idleCpu: of('idleCpu'),
      rulesStarted: of('rulesStarted'),
      rulesStartedCpu: of('rulesStartedCpu'),
      rulesChanged: of('rulesChanged'),
      rulesChangedCpu: of('rulesChangedCpu'),
      series: of('series'),
      scrape: of('scrape'),
      scrapeCpu: of('scrapeCpu'),
      workerMemory: of('workerMemory'),
      chainsLoaded: of('chainsLoaded'),
    };
    return {
      scenario: 'control-plane',
      machine: machine(),
      command: `npm run bench -- control-plane --rounds ${rounds}`,
      rounds,
      correct: metrics.series.min >= 10_000,
      contenders: [{ name: 'twinpathd', metrics }],
      ratios: [],
      targets: [
        target('10,000 rules of a firewall applied, ms', metrics.rulesStarted.median, 1000, 'lower'),
        target('one of 10,000 rules changed, ms', metrics.rulesChanged.median, 1000, 'lower'),
        target('a scrape of 10,000 series, ms', metrics.scrape.median, 100, 'lower'),
        target('1,000 chains loaded, ms', metrics.chainsLoaded.median, 2000, 'lower'),
        target('resident without chains, MiB', metrics.idleMemory.median, 120, 'lower'),
        target('CPU without chains, of a core', metrics.idleCpu.median, 0.005, 'lower'),
        target('each worker of its own, MiB', metrics.workerMemory.median, 15, 'lower'),
      ],
    };
  },
};
