// From a failure to a small one that looks the same.

import type { Bench } from './bench.ts';
import type { Experiment } from './experiment.ts';
import { type Failure, judge } from './judge.ts';
import { smaller, tidy } from './simplify.ts';

export interface Shrunk {
  readonly experiment: Experiment;
  readonly failure: Failure;
}

/** Stops when nothing smaller fails in the same way, or at the deadline. */
export function shrink(bench: Bench, found: Shrunk, seconds: number): Shrunk {
  const deadline = performance.now() + seconds * 1000;
  const attempt = (experiment: Experiment): Shrunk | undefined => {
    const judged = judge(bench, experiment, found.failure.pipeline);
    const same = typeof judged !== 'string' && judged.signature === found.failure.signature;
    return same ? { experiment, failure: judged } : undefined;
  };
  let best = attempt({ ...found.experiment, program: tidy(found.experiment.program) }) ?? found;
  best = fewerPackets(best, attempt);
  // Both say that something is not bounded; taking the bound away would say so too.
  const caution = { keepChecks: found.failure.kind === 'verifier' || found.failure.kind === 'compiler' };
  for (let progress = true; progress && performance.now() < deadline; ) {
    progress = false;
    for (const program of smaller(best.experiment.program, caution)) {
      if (performance.now() > deadline) break;
      const next = attempt({ ...best.experiment, program });
      if (next === undefined) continue;
      best = next;
      progress = true;
      break;
    }
  }
  return best;
}

function fewerPackets(found: Shrunk, attempt: (experiment: Experiment) => Shrunk | undefined): Shrunk {
  for (const packet of found.experiment.packets) {
    const next = attempt({ ...found.experiment, packets: [packet] });
    if (next !== undefined) return next;
  }
  return found;
}
