import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testPackets } from '../index.ts';
import { missingForKernel } from './kernel.ts';
import { cases } from './test/cases.ts';
import portFilter from './test/port-filter.vnf.ts';
import { startUnderTest } from './under-test.ts';

testPackets(portFilter, cases, { test, hooks: ['xdp', 'tcx'] });

const FILE = join(import.meta.dirname, 'test/node-test-main.ts');
const EXECUTORS = ['evaluator', 'engine', 'kernel'];
const TAP = ['--test', '--test-reporter=tap', FILE];

test.skipIf(missingForKernel() !== undefined)('node:test registers the cases for each executor', () => {
  const output = execFileSync(process.execPath, TAP, { encoding: 'utf8', env: withoutRunner() });
  for (const { title } of cases) {
    for (const executor of EXECUTORS) expect(output).toContain(`ok ${numberOf(title, executor)}`);
  }
  expect(output).toContain('# fail 0');
});

test.skipIf(process.getuid?.() !== 0)(
  'without privileges the kernel is one skipped test that says what is missing',
  () => {
    const dropped = ['--bounding-set=-bpf,-net_admin,-perfmon,-sys_admin', process.execPath, ...TAP];
    const output = execFileSync('setpriv', dropped, { encoding: 'utf8', env: withoutRunner() });
    expect(output).toMatch(/ok 9 - port-filter \(kernel\) needs CAP_BPF and CAP_NET_ADMIN and CAP_PERFMON # SKIP/);
    expect(output).toContain(`# pass ${2 * cases.length}\n`);
  },
);

test.skipIf(missingForKernel() !== undefined)('packets made up on the way go to an executor of choice', async () => {
  using filter = await startUnderTest(portFilter, { executor: 'kernel', config: { blocks: [80] } });
  const { verdict, counts } = filter.send(new Uint8Array(60));
  expect({ verdict, counts }).toEqual({ verdict: 'next', counts: {} });
  expect([...filter.tables.blocked]).toEqual([[{ port: 80 }, { hits: 0 }]]);
  filter.after('11 s');
  expect([...filter.tables.blocked]).toEqual([]);
});

/** The number and title of a case's test. */
function numberOf(title: string, executor: string): string {
  const before = EXECUTORS.indexOf(executor) * cases.length;
  return `${before + 1 + cases.findIndex((one) => one.title === title)} - ${title} (${executor})`;
}

/** A test runner within a test runner would report to the outer one. */
function withoutRunner(): NodeJS.ProcessEnv {
  return { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_OPTIONS: undefined };
}
