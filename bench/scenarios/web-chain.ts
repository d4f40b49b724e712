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

/** A whole round of all cases takes a minute and a half. */
const SECONDS = 1;
const cases: readonly Case[] = (['keep-alive', 'close'] as const).flatMap((kind) =>
  [4, 12, 20, 28, 36].map((connections) => ({
    kind,
    connections,
    seconds: SECONDS,
    name: `${kind}, ${connections} connections`,
  })),
);
const most = cases.filter(({ connections }) => connections === 36);
const ends = cases.filter(({ connections }) => connections === 4 || connections === 36);

const fused = ours('fused');
const tailCalls = ours('tail-calls');
const inline = (contender: WebContender, asked: readonly Case[]): Entry => ({
  contender,
  layout: 'inline',
  cases: asked,
});
const oneArmed = (contender: WebContender): Entry => ({ contender, layout: 'one-armed', cases: ends });

const entries: readonly Entry[] = [
  ...[haproxy, forwarding, reference, fused, tailCalls].map((one) => inline(one, cases)),
  ...[nat, inNamespaces, ours('fused', 'xdp'), inEngine].map((one) => inline(one, most)),
  ...[haproxy, forwarding, reference, fused, tailCalls].map(oneArmed),
];

const barsOf = (own: WebContender, layout: Layout): readonly Bar[] => [
  { own, layout, over: haproxy, figure: 'requests', at: 'keep-alive, 36 connections', bar: 2.3 },
  { own, layout, over: haproxy, figure: 'requests', at: 'close, 36 connections', bar: 2.6 },
  { own, layout, over: forwarding, figure: 'requests', at: 'keep-alive, 36 connections', bar: 1.1 },
  { own, layout, over: reference, figure: 'requests', at: 'keep-alive, 36 connections', bar: 0.98 },
  { own, layout, over: reference, figure: 'cpu', at: 'keep-alive, 36 connections', bar: 1.05 },
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
