import type { CaseOf } from '../test-case.ts';
import type portFilter from './port-filter.vnf.ts';

const udp = (port: number) => `ip 10.0.0.1 > 10.0.0.2 / udp 5000 > ${port} / "0123456789"`;
const asks = { send: udp(1000), verdict: 'slowPath asked', metadata: { port: 1000 } } as const;
const blocked = { send: udp(80), verdict: 'drop', counts: { blocked: 1 } } as const;
const passes = { verdict: 'next', counts: { passed: 2 } } as const;

export const cases: readonly CaseOf<typeof portFilter>[] = [
  {
    title: 'packets enter and leave',
    steps: [
      { send: udp(53), ...passes },
      { send: udp(53), direction: 'egress', ...passes },
      { send: udp(7), ...passes },
      asks,
      { ...asks, direction: 'egress' },
      { send: udp(1001), verdict: 'stack' },
    ],
  },
  {
    title: 'tables are filled by configure, and entries age',
    config: { blocks: [80, 81] },
    steps: [blocked, { ...blocked, after: '10 s' }, { send: udp(80), after: '11 s', ...passes }],
    finally: ({ blocked: table }) => {
      if (table.size !== 0) throw new Error(`${table.size} entries`);
    },
  },
  { title: 'a case sees nothing of the one before', steps: [{ send: udp(81), ...passes }] },
  {
    title: 'limits hold by the simulated clock',
    steps: [
      ...[asks, asks, asks, asks],
      { send: udp(1000), verdict: 'stack' },
      { ...asks, after: '334 ms' },
      { send: udp(1000), verdict: 'stack' },
    ],
  },
];
