import { packetFromText, textOf } from '@twinpath/packet';
import { parseDuration } from '@twinpath/vnf/spec';
import type { Executor } from './executor.ts';
import { type Instance, startInstance } from './instance.ts';
import { observe } from './observe.ts';
import type { Programs } from './programs.ts';
import { differences } from './step-differences.ts';
import { StepError } from './step-error.ts';
import type { AnyTestCase, AnyTestStep } from './test-case.ts';

/** @throws StepError that says what was expected and what was seen */
export async function runCase(programs: Programs, testCase: AnyTestCase, executor: Executor): Promise<void> {
  using instance = await startInstance(programs, testCase, executor);
  for (const [index, step] of testCase.steps.entries()) runStep(instance, step, index + 1);
  testCase.finally?.(instance.tables.tables);
}

function runStep(instance: Instance, step: AnyTestStep, number: number): void {
  const sent = typeof step.send === 'string' ? packetFromText(step.send) : step.send;
  const text = typeof step.send === 'string' ? step.send : textOf(step.send);
  if (step.after !== undefined) instance.clock.advance(parseDuration(step.after, `step ${number}, after`));
  const run = () =>
    observe(instance, { direction: step.direction ?? 'ingress', bytes: sent, port: portOf(instance, step) });
  const seen = attempt(run, (cause) => new StepError(number, text, [String(cause)], cause));
  const wrong = differences(step, sent, seen);
  if (wrong.length > 0) throw new StepError(number, text, wrong);
}

function attempt<T>(work: () => T, explain: (cause: unknown) => Error): T {
  try {
    return work();
  } catch (cause) {
    throw explain(cause);
  }
}

function portOf({ ports }: Instance, { port }: AnyTestStep) {
  const [first] = ports;
  const found = port === undefined ? first : ports.find(({ name }) => name === port);
  if (found === undefined)
    throw new Error(`there is no port ${port}; there are ${ports.map(({ name }) => name).join(', ')}`);
  return found;
}
