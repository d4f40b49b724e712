// A conformance list: how rules come into the fast path (proactive, reactive, offloading; for a whole function and rule by rule), and
// how a function is split between its paths (all in the kernel, hybrid, no fast path). One list, the same results on every split.

import { fileURLToPath } from 'node:url';
import { type RunningChain, startChain } from '@twinpath/runtime';
import { createLab, type Host, type Lab } from '@twinpath/testing/lab';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silent } from './fixtures/silent.ts';

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const SPLITS = ['in-kernel', 'hybrid', 'in-slow-path'] as const;
type Split = (typeof SPLITS)[number];

/** The host has rules of its own for these: the first is let in, the other is not. */
const [ADMITTED, REFUSED] = [1020, 1031];

/** `passes`: to the functions behind, and to the host. `host`: its own rules decide, whatever function is behind. */
type End = 'passes' | 'dropped' | 'host lets in' | 'host refuses';
const isAnswered = (end: End) => end === 'passes' || end === 'host lets in';
interface Sent {
  readonly port: number;
  readonly ends: End;
  /** Decided by a slow path that fast paths ask when they have no rule. */
  readonly asks?: true;
}
type Action = 'pass' | 'drop' | 'ask' | 'host';
interface Case {
  readonly title: string;
  readonly otherwise: Action;
  readonly rules?: readonly (readonly [port: number, action: Action])[];
  readonly packets: readonly Sent[];
}

const cases: readonly Case[] = [
  {
    title: 'proactive: rules are there before packets',
    otherwise: 'drop',
    rules: [
      [1000, 'pass'],
      [1001, 'drop'],
    ],
    packets: [
      { port: 1000, ends: 'passes' },
      { port: 1000, ends: 'passes' },
      { port: 1001, ends: 'dropped' },
      { port: 1002, ends: 'dropped' },
    ],
  },
  {
    title: 'reactive: the first packet asks for a rule, and others find it',
    otherwise: 'ask',
    packets: [
      { port: 1010, ends: 'passes', asks: true },
      { port: 1010, ends: 'passes' },
      { port: 1011, ends: 'dropped', asks: true },
      { port: 1011, ends: 'dropped' },
      { port: 1010, ends: 'passes' },
    ],
  },
  {
    title: 'offloading: the rest is the host’s, and no rule is made for it',
    otherwise: 'host',
    rules: [
      [1000, 'pass'],
      [1001, 'drop'],
    ],
    packets: [
      { port: 1000, ends: 'passes' },
      { port: 1001, ends: 'dropped' },
      { port: ADMITTED, ends: 'host lets in' },
      { port: REFUSED, ends: 'host refuses' },
      { port: ADMITTED, ends: 'host lets in' },
    ],
  },
  {
    title: 'rule by rule: each has its own mode',
    otherwise: 'drop',
    rules: [
      [1000, 'pass'],
      [1001, 'drop'],
      [1010, 'ask'],
      [ADMITTED, 'host'],
      [REFUSED, 'host'],
    ],
    packets: [
      { port: 1000, ends: 'passes' },
      { port: 1010, ends: 'passes', asks: true },
      { port: ADMITTED, ends: 'host lets in' },
      { port: 1010, ends: 'passes' },
      { port: REFUSED, ends: 'host refuses' },
      { port: 1001, ends: 'dropped' },
      { port: 1011, ends: 'dropped' },
    ],
  },
];

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
  for (const udp of new Set(cases.flatMap(({ packets }) => packets.map(({ port }) => port)))) await near.echo({ udp });
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

const configOf = ({ otherwise, rules = [] }: Case) => ({
  otherwise,
  rules: rules.map(([port, action]) => ({ port, action })),
});

/** What a split makes of the list. */
function expected({ packets }: Case, split: Split) {
  const ending = (end: End) => packets.filter(({ ends }) => ends === end).length;
  const asking = packets.filter(({ asks }) => asks).length;
  return {
    asked: { 'in-kernel': 0, hybrid: asking, 'in-slow-path': packets.length }[split],
    behind: ending('passes'),
    letIn: ending('host lets in'),
    refused: ending('host refuses'),
  };
}

describe.each(['xdp', 'tcx'] as const)('on %s', (hook) => {
  describe.each(SPLITS)('split: %s', (split) => {
    beforeAll(async () => {
      chain = await start(split, hook);
    });
    afterAll(() => chain.stop());

    // Who is not there cannot be asked.
    const possible = cases.filter(({ packets }) => split !== 'in-kernel' || packets.every(({ asks }) => !asks));
    test.each(possible)('$title', async (listed) => {
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
