import { VerifierError } from '@twinpath/ebpf';
import { CompileError } from '../../frontend/report/compile-error.ts';
import type { Bench } from '../bench.ts';
import { hex } from '../experiment.ts';
import { isRefusal, textOf } from '../judge.ts';
import { lower, type Seen, type SourceExperiment, seeBench, seeEvaluator, seeTwin } from './experiment.ts';
import { moduleText, twinText } from './module.ts';
import { without } from './text.ts';

export interface SourceFailure {
  /** Who disagrees with JavaScript, or what went wrong. */
  readonly kind: string;
  readonly message: string;
}

/** `refused`: a range was not proven, for loops make the compiler cautious; or the verifier has too many ways to walk. */
export type SourceJudgement = SourceFailure | 'agreed' | 'refused';

export async function judgeSource(experiment: SourceExperiment, benches: readonly Bench[]): Promise<SourceJudgement> {
  const { packets } = experiment;
  try {
    const wanted = seeTwin(experiment);
    const lowered = await lower(experiment);
    const others = [
      { kind: 'evaluator', see: () => seeEvaluator(lowered, packets) },
      ...benches.flatMap((bench) => [
        { kind: `${bench.name}, unoptimised`, see: () => seeBench(bench, lowered, packets, false) },
        { kind: `${bench.name}, optimised`, see: () => seeBench(bench, lowered, packets, true) },
      ]),
    ];
    for (const { kind, see } of others) {
      const message = firstDifference(wanted, see());
      if (message !== undefined) return { kind, message };
    }
    return 'agreed';
  } catch (error) {
    return explained(error);
  }
}

function explained(error: unknown): SourceJudgement {
  if (isRefusal(error)) return 'refused';
  if (error instanceof CompileError) {
    const refused = error.diagnostics.every(({ code }) => isExpected(code));
    return refused ? 'refused' : { kind: 'diagnostic', message: error.message };
  }
  if (error instanceof VerifierError)
    return { kind: 'verifier', message: `${error.summary}\n${error.log.slice(-3000)}` };
  return { kind: error instanceof Error ? error.name : 'thrown', message: textOf(error) };
}

/** TP2xxx: a range was not proven. TP1001: TypeScript's own parser takes the beginning of `a < (b > (c))` for type arguments. */
const isExpected = (code: string): boolean => code.startsWith('TP2') || code === 'TP1001';

function firstDifference(wanted: Seen, got: Seen): string | undefined {
  const at = wanted.findIndex((text, index) => text !== got[index]);
  return at < 0 ? undefined : `JavaScript:\n${wanted[at]}\nother:\n${got[at]}`;
}

/** Takes statements and packets away while the same kind of failure stays. */
export async function shrinkSource(
  experiment: SourceExperiment,
  failure: SourceFailure,
  benches: readonly Bench[],
  seconds: number,
) {
  const deadline = performance.now() + seconds * 1000;
  let best = { experiment, failure };
  for (let progress = true; progress; ) {
    progress = false;
    for (const next of smaller(best.experiment)) {
      if (performance.now() > deadline) break;
      const judged = await judgeSource(next, benches);
      if (typeof judged === 'string' || judged.kind !== failure.kind) continue;
      best = { experiment: next, failure: judged };
      progress = true;
      break;
    }
  }
  return best;
}

function* smaller(experiment: SourceExperiment): Iterable<SourceExperiment> {
  const { body, packets } = experiment;
  if (packets.length > 1) for (const packet of packets) yield { ...experiment, packets: [packet] };
  for (const less of without(body)) yield { ...experiment, body: less };
}

export function reportSource(
  { seed, hook, body, packets }: SourceExperiment,
  { kind, message }: SourceFailure,
): string {
  return [
    `${kind}, source of seed ${seed}, ${hook}`,
    message,
    moduleText(body),
    '// in JavaScript:',
    twinText(body),
    ...packets.map(({ bytes }, index) => `packet ${index}: ${hex(bytes)}`),
  ].join('\n');
}
