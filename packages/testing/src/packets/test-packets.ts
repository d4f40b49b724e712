import { test as nodeTest } from 'node:test';
import { readVnf } from '@twinpath/compiler';
import type { Vnf } from '@twinpath/vnf';
import type { ZodType } from 'zod';
import { missingForKernel } from './kernel.ts';
import { type EntryHook, Programs } from './programs.ts';
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
  /** Where packets enter: each case runs on each, with the same results. Default: XDP. On tcx the kernel takes no packets that end
   *  within their IP header, and tags of `pushVlan` are not seen. */
  readonly hooks?: readonly EntryHook[];
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
  { test = nodeTest, executors: names = ['evaluator', 'engine', 'kernel'], hooks = ['xdp'] }: TestOptions = {},
): void {
  const made = new Map<EntryHook, Programs>();
  // Not before a test runs, so that what the author wrote fails a test and not the file.
  const programsOn = async (hook: EntryHook) => {
    const programs = made.get(hook) ?? new Programs(await readVnf(vnf), hook);
    made.set(hook, programs);
    return programs;
  };
  for (const name of names) {
    const missing = name === 'kernel' ? missingForKernel() : undefined;
    if (missing !== undefined) {
      test.skip(`${vnf.name} (kernel) needs ${missing}`, () => {});
      continue;
    }
    for (const hook of hooks) {
      const where = hook === 'xdp' ? name : `${name}, ${hook}`;
      for (const testCase of cases) {
        test(`${testCase.title} (${where})`, async () => runCase(await programsOn(hook), testCase, executors[name]));
      }
    }
  }
}
