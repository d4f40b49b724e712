import type { MapSpec, ProgramSpec } from '@twinpath/ebpf';
import type { MapStore } from '../evaluate/map-store.ts';
import type { Experiment, Observation } from './experiment.ts';

/** A loaded program with maps of its own. */
export interface OpenProgram extends Disposable {
  /** What the program returns, with sign. */
  verdict(packet: Uint8Array): number;
  store(name: string): MapStore;
}

/** Where compiled programs run, to be held against the evaluator. */
export interface Bench {
  /** As differences call it. */
  readonly name: string;
  /** Values that an entry of a per-CPU map has. */
  readonly cpus: number;
  /** @throws VerifierError where there is a verifier. */
  observe(experiment: Experiment, spec: ProgramSpec): Observation;
  /** @throws VerifierError where there is a verifier. */
  open(spec: ProgramSpec, maps: readonly MapSpec[]): OpenProgram;
}
