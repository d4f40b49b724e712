// For those who run experiments on other kernels than this one.
export { goldenExperiments } from '../backend/golden/experiments.ts';
export { difference, type Experiment, makeExperiment, type Observation, observeEvaluator } from './experiment.ts';
export { isRefusal } from './judge.ts';
export { KernelBench } from './kernel-bench.ts';
