import { readVnf } from '@twinpath/compiler';
import { expect, test } from 'vitest';
import { evaluator } from './evaluator.ts';
import { Programs } from './programs.ts';
import { runCase } from './run-case.ts';
import portFilter from './test/port-filter.vnf.ts';
import type { CaseOf } from './test-case.ts';

type Case = Omit<CaseOf<typeof portFilter>, 'title'>;

const programs = new Programs(await readVnf(portFilter));
const run = (testCase: Case) => runCase(programs, { title: 'a case', ...testCase }, evaluator);
const udp = (port: number) => `ip 10.0.0.1 > 10.0.0.2 / udp 5000 > ${port} / "0123456789"`;
const passes = { verdict: 'next', counts: { passed: 2 } } as const;

test('a case whose steps are right passes', async () => {
  await run({
    steps: [
      { send: udp(53), ...passes },
      { send: udp(1000), verdict: 'slowPath asked', metadata: { port: 1000 } },
      { send: udp(1001), verdict: 'stack' },
      { send: 'arp who-has 10.0.0.1 tell 10.0.0.2', verdict: 'next' },
      { send: new Uint8Array(14), direction: 'egress', verdict: 'next' },
    ],
  });
});

test('a failure names the step, the packet, and all that is not as expected', async () => {
  const wrong: Case = {
    steps: [
      { send: udp(53), ...passes },
      { send: udp(54), verdict: 'drop', counts: { blocked: 1 } },
    ],
  };
  await expect(run(wrong)).rejects.toThrow(
    `step 2, ip 10.0.0.1 > 10.0.0.2 / udp 5000 > 54 / "0123456789"
  verdict: expected drop, seen next
  counters: expected {"blocked":1}, seen {"passed":2}`,
  );
});

test('a counter that rises without being named is a failure', async () => {
  await expect(run({ steps: [{ send: udp(53), verdict: 'next' }] })).rejects.toThrow(
    'counters: expected {}, seen {"passed":2}',
  );
});

test('a counter that does not rise, or by another amount, is a failure', async () => {
  const steps = (counts: { passed?: number; blocked?: number }): Case => ({
    steps: [{ ...passes, send: udp(53), counts }],
  });
  await expect(run(steps({ passed: 1 }))).rejects.toThrow('expected {"passed":1}, seen {"passed":2}');
  await expect(run(steps({ passed: 2, blocked: 1 }))).rejects.toThrow('seen {"passed":2}');
  await run(steps({ passed: 2, blocked: 0 }));
});

test('metadata are compared whole, and only if given', async () => {
  const step = { send: udp(1000), verdict: 'slowPath asked' } as const;
  await run({ steps: [step] });
  await expect(run({ steps: [{ ...step, metadata: { port: 1 } }] })).rejects.toThrow(
    'metadata: expected {"port":1}, seen {"port":1000}',
  );
});

test('another packet than the one that was sent is a failure', async () => {
  const step = { ...passes, send: udp(53) };
  await run({ steps: [{ ...step, becomes: 'ip 10.0.0.1 > 10.0.0.2' + ' / udp 5000 > 53' }] });
  await expect(
    run({ steps: [{ ...step, becomes: 'ip 10.0.0.1 > 10.0.0.2 hops 63 / udp 5000 > 53' }] }),
  ).rejects.toThrow('packet: expected ip 10.0.0.1 > 10.0.0.2 hops 63 / udp 5000 > 53');
});

test('wrong checksums are a failure where a step says what becomes of the packet', async () => {
  const send = 'ip 10.0.0.1 > 10.0.0.2 / udp 5000 > 53 checksum 1';
  await run({ steps: [{ ...passes, send }] });
  await expect(run({ steps: [{ ...passes, send, becomes: send }] })).rejects.toThrow('checksum of udp: expected 0x');
});

test('with config, configure fills the tables; without, it does not run', async () => {
  const drops = { send: udp(80), verdict: 'drop', counts: { blocked: 1 } } as const;
  await run({ config: { blocks: [80] }, steps: [drops, { send: udp(81), ...passes }] });
  await run({ steps: [{ send: udp(80), ...passes }] });
  await run({ given: ({ blocked }) => blocked.set({ port: 80 }, { hits: 0 }), steps: [drops] });
});

test('config gives constants of the fast path, and cases do not see those of others', async () => {
  await run({ config: { asks: 53 }, steps: [{ send: udp(53), verdict: 'slowPath asked' }] });
  await run({ steps: [{ send: udp(53), ...passes }] });
});

test('a configuration that the schema refuses fails the case', async () => {
  // @ts-expect-error: the type refuses it too
  await expect(run({ config: { asks: 'x' }, steps: [] })).rejects.toThrow('asks');
});

test('limits of reasons hold by the simulated clock, and what is over them does as declared', async () => {
  const asks = { send: udp(1000), verdict: 'slowPath asked' } as const;
  const over = { send: udp(1000), verdict: 'stack' } as const;
  await run({
    steps: [asks, asks, asks, asks, over, over, { ...asks, after: '334 ms' }, over, { ...asks, after: '1 s' }],
  });
});

test('time passes only where a step says so, and entries age by it', async () => {
  const drops = { send: udp(80), verdict: 'drop', counts: { blocked: 1 } } as const;
  const blocks: Case = { config: { blocks: [80] }, steps: [] };
  await run({ ...blocks, steps: [drops, { ...drops, after: '10 s' }, { ...drops, after: '10 s' }] });
  await run({ ...blocks, steps: [drops, { ...passes, send: udp(80), after: '11 s' }] });
});

test('what finally throws fails the case', async () => {
  const testCase: Case = {
    config: { blocks: [1, 2] },
    steps: [],
    finally: ({ blocked }) => {
      throw new Error(`${blocked.size} entries`);
    },
  };
  await expect(run(testCase)).rejects.toThrow('2 entries');
});

test('a packet whose text says nothing fails with the place in the text', async () => {
  await expect(run({ steps: [{ send: 'ip 10.0.0.1', ...passes }] })).rejects.toThrow("'>' is missing");
});
