// The list of modes in the kernel, with the rules of a real host.

import { fileURLToPath } from 'node:url';
import { type RunningChain, startChain } from '@twinpath/runtime';
import { createLab, type Host, type Lab } from '@twinpath/testing/lab';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ADMITTED,
  CASES,
  configOf,
  expected,
  isAnswered,
  possible,
  REFUSED,
  SPLITS,
  type Split,
} from './fixtures/modes.ts';
import { silent } from './fixtures/silent.ts';

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
let lab: Lab;
let near: Host;
let far: Host;
let chain: RunningChain;

beforeAll(async () => {
  lab = createLab('tp-modes');
  [near, far] = [lab.host('near'), lab.host('far')];
  const addresses = [
    ['10.0.0.1/24', 'fd00::1/64'],
    ['10.0.0.2/24', 'fd00::2/64'],
  ] as const;
  lab.link(near, 'port', far, 'eth0', { addresses, knownNeighbours: true });
  for (const udp of new Set(CASES.flatMap(({ packets }) => packets.map(({ port }) => port)))) await near.echo({ udp });
  for (const tables of ['iptables', 'ip6tables']) {
    const rule = (port: number, target: string) =>
      near.exec(tables, ['-A', 'INPUT', '-p', 'udp', '--dport', String(port), '-j', target]);
    await rule(ADMITTED, 'ACCEPT');
    await rule(REFUSED, 'DROP');
  }
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  expect(lab.leftovers()).toEqual([]);
});

const start = (split: Split, hook: 'xdp' | 'tcx'): Promise<RunningChain> =>
  startChain(
    {
      name: `modes-${process.pid}`,
      ports: { port: { interface: 'port', namespace: near.namespace, hook } },
      paths: [['port', 'filter', 'behind', 'host']],
      functions: [
        { name: 'filter', use: file(`fixtures/filter-${split}.vnf.ts`) },
        { name: 'behind', use: file('../packages/runtime/src/fixtures/meter.vnf.ts') },
      ],
    },
    { log: silent },
  );

/** How often the slow path has decided, and how many packets the function behind and each of the host's rules have met. */
async function counts(split: Split, tables: string) {
  const asked = split === 'in-kernel' ? 0 : Number(await chain.functions[0]?.operate('asked', {}));
  const behind = (await chain.statistics()).functions[1]?.counters.entered ?? 0;
  const { stdout } = await near.exec(tables, ['-L', 'INPUT', '-v', '-x', '-n']);
  const rules = stdout.split('\n').slice(2);
  const [letIn = 0, refused = 0] = rules.map((line) => Number(line.trim().split(/\s+/)[0]));
  return { asked, behind, letIn, refused };
}

describe.each(['xdp', 'tcx'] as const)('on %s', (hook) => {
  describe.each(SPLITS)('split: %s', (split) => {
    beforeAll(async () => {
      chain = await start(split, hook);
    });
    afterAll(() => chain.stop());

    test.each(possible(split))('$title', async (listed) => {
      for (const [tables, to] of [
        ['iptables', '10.0.0.1'],
        ['ip6tables', 'fd00::1'],
      ] as const) {
        // Also forgets what was decided.
        await chain.configure('filter', configOf(listed));
        const before = await counts(split, tables);
        const answered: boolean[] = [];
        for (const { port, ends } of listed.packets) {
          const timeout = isAnswered(ends) ? 1000 : 100;
          answered.push((await far.udp(to, port, 'packet', { sourcePort: 5000, timeout })).ok);
        }
        expect(answered).toEqual(listed.packets.map(({ ends }) => isAnswered(ends)));
        const after = await counts(split, tables);
        expect({
          asked: after.asked - before.asked,
          behind: after.behind - before.behind,
          letIn: after.letIn - before.letIn,
          refused: after.refused - before.refused,
        }).toEqual(expected(listed, split));
      }
    });
  });
});
