import { test as nodeTest } from 'node:test';
import type { Vnf } from '@twinpath/vnf';
import type { ZodType } from 'zod';
import { evaluator } from './evaluator.ts';
import { Programs } from './programs.ts';
import { runCase } from './run-case.ts';
import type { TestCase } from './test-case.ts';

/** Registers one test: `test` of `node:test`, or of vitest. */
export type Register = (title: string, run: () => Promise<void>) => unknown;

export interface TestOptions {
  /** Default: `test` of `node:test`. */
  readonly test?: Register;
}

/** Registers one test for each case and executor. Time is simulated; the slow path does not run, so that a packet that goes up
 *  stays up.
 *
 * @example
 * testPackets(firewall, [{
 *   title: 'drops what no rule allows',
 *   config: { rules: [] },
 *   steps: [{ send: 'ip 10.0.0.1 > 10.0.0.2 / tcp 40000 > 80 syn', verdict: 'drop', counts: { refused: 1 } }],
 * }]);
 */
export function testPackets<C extends ZodType, T, K, R, P extends string>(
  vnf: Vnf<C, T, K, R, P>,
  cases: readonly TestCase<C, T, K, R>[],
  { test = nodeTest }: TestOptions = {},
): void {
  let programs: Programs | undefined;
  for (const testCase of cases) {
    test(`${testCase.title} (evaluator)`, () => {
      programs ??= new Programs(vnf);
      return runCase(programs, testCase, evaluator);
    });
  }
}
