// For those who run experiments elsewhere: on other kernels than this one, in the engine.
export { goldenExperiments } from '../backend/golden/experiments.ts';
export type { Bench, OpenProgram } from './bench.ts';
export {
  contextText,
  difference,
  type Experiment,
  fillAll,
  hex,
  LOOPBACK,
  makeExperiment,
  type Observation,
  observeEvaluator,
  type Run,
  readAll,
} from './experiment.ts';
export { isRefusal, judge, pipelines } from './judge.ts';
export { KernelBench } from './kernel-bench.ts';
export { KernelStore } from './kernel-store.ts';
export { report } from './report.ts';
export { shrink } from './shrink.ts';
export { makeSourceExperiment } from './source/experiment.ts';
export { judgeSource, reportSource, shrinkSource } from './source/judge.ts';
export { allTables, EVENTS } from './tables.ts';
export { Watchdog } from './watchdog.ts';
