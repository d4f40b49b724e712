// The first service chain of eVNF's paper: clients, a firewall, a balancer, two web servers. All contenders have the same hosts.
import type { Bar } from '../network/bars.ts';
import { compare } from '../network/compare.ts';
import {
  forwarding,
  haproxy,
  inEngine,
  inNamespaces,
  nat,
  ours,
  reference,
  type Contender as WebContender,
} from '../network/contenders.ts';
import type { Layout } from '../network/network.ts';
import type { Case, Entry } from '../network/subject.ts';
import type { Scenario } from './index.ts';

/** Of a case: more rounds say more than longer ones. */
const SECONDS = 0.6;
const cases: readonly Case[] = (['keep-alive', 'close'] as const).flatMap((kind) =>
  [4, 12, 20, 28, 36].map((connections) => ({
    kind,
    connections,
    seconds: SECONDS,
    name: `${kind}, ${connections} connections`,
  })),
);
/** Where there are bars. */
const ends = cases.filter(
  ({ connections, kind }) => connections === 36 || (connections === 4 && kind === 'keep-alive'),
);

const fused = ours('fused');
const tailCalls = ours('tail-calls');
const inline = (contender: WebContender, asked: readonly Case[]): Entry => ({
  contender,
  layout: 'inline',
  cases: asked,
});
const oneArmed = (contender: WebContender): Entry => ({ contender, layout: 'one-armed', cases: ends });

const entries: readonly Entry[] = [
  ...[haproxy, nat, forwarding, reference].map((one) => inline(one, cases)),
  ...[fused, tailCalls, inNamespaces, ours('fused', 'xdp'), inEngine].map((one) => inline(one, cases)),
  ...[haproxy, forwarding, reference, fused, tailCalls].map(oneArmed),
];

const barsOf = (own: WebContender, layout: Layout): readonly Bar[] => [
  ...(
    [
      ['keep-alive', 2.3],
      ['close', 2.6],
    ] as const
  ).flatMap(([kind, overHaproxy]): readonly Bar[] => {
    const at = `${kind}, 36 connections`;
    return [
      { own, layout, over: haproxy, figure: 'requests', at, bar: overHaproxy },
      { own, layout, over: forwarding, figure: 'requests', at, bar: 1.1 },
      { own, layout, over: reference, figure: 'requests', at, bar: 0.98 },
      { own, layout, over: reference, figure: 'cpu', at, bar: 1.05 },
    ];
  }),
  { own, layout, over: haproxy, figure: 'p50', at: 'keep-alive, 4 connections', bar: 0.4 },
];
const bars: readonly Bar[] = [
  ...[fused, tailCalls].flatMap((own) => [...barsOf(own, 'inline'), ...barsOf(own, 'one-armed')]),
  { own: tailCalls, over: inNamespaces, figure: 'requests', at: 'keep-alive, 36 connections', bar: 1.2 },
];

export const webChain: Scenario = {
  name: 'web-chain',
  purpose: 'HTTP through a firewall of 1,000 rules and a balancer to two nginx, beside HAProxy, netfilter and C',
  rounds: 5,
  run: (options) =>
    compare(
      { scenario: 'web-chain', entries, bars, main: 'requests', figures: ['requests', 'p50', 'p99', 'cpu'] },
      options,
    ),
};
