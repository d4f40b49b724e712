import { test as nodeTest } from 'node:test';
import { readVnf } from '@twinpath/compiler';
import type { Vnf } from '@twinpath/vnf';
import type { ZodType } from 'zod';
import { missingForKernel } from './kernel.ts';
import { Programs } from './programs.ts';
import { runCase } from './run-case.ts';
import type { TestCase } from './test-case.ts';
import { type ExecutorName, executors } from './under-test.ts';

/** Registers one test: `test` of `node:test`, or of vitest. */
export interface Register {
  (title: string, run: () => Promise<void>): unknown;
  /** A test that does not run; its title says why. */
  readonly skip: (title: string, run: () => void) => unknown;
}

export interface TestOptions {
  /** Default: `test` of `node:test`. */
  readonly test?: Register;
  /** Default: the evaluator, the engine, and the kernel where there is privilege; without it, one skipped test says what is missing. */
  readonly executors?: readonly ExecutorName[];
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
  { test = nodeTest, executors: names = ['evaluator', 'engine', 'kernel'] }: TestOptions = {},
): void {
  let programs: Programs | undefined;
  for (const name of names) {
    const missing = name === 'kernel' ? missingForKernel() : undefined;
    if (missing !== undefined) {
      test.skip(`${vnf.name} (kernel) needs ${missing}`, () => {});
      continue;
    }
    for (const testCase of cases) {
      test(`${testCase.title} (${name})`, async () => {
        // Not before a test runs, so that what the author wrote fails a test and not the file.
        programs ??= new Programs(await readVnf(vnf));
        return runCase(programs, testCase, executors[name]);
      });
    }
  }
}
