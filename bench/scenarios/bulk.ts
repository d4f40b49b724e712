// Answers of 10 MB through the chain of web-chain: what keeps segments joined and checksums unfinished wins.
import type { Bar } from '../network/bars.ts';
import { compare } from '../network/compare.ts';
import { forwarding, haproxy, inEngine, inNamespaces, nat, ours, reference } from '../network/contenders.ts';
import type { Case, Entry } from '../network/subject.ts';
import type { Scenario } from './index.ts';

const large: Case = { kind: 'keep-alive', connections: 4, seconds: 2, path: '/large', name: '10 MB, 4 connections' };

const fused = ours('fused');
const tailCalls = ours('tail-calls');
const contenders = [
  ...[haproxy, nat, forwarding, reference],
  ...[fused, tailCalls, inNamespaces, ours('fused', 'xdp'), inEngine],
];
const entries: readonly Entry[] = contenders.map((contender) => ({ contender, layout: 'inline', cases: [large] }));
const bars: readonly Bar[] = [fused, tailCalls].flatMap((own): readonly Bar[] => [
  { own, over: haproxy, figure: 'bytes', at: large.name, bar: 1.4 },
  { own, over: forwarding, figure: 'bytes', at: large.name, bar: 1 },
]);

export const bulk: Scenario = {
  name: 'bulk',
  purpose: 'answers of 10 MB through a firewall and a balancer, beside HAProxy, netfilter and C',
  rounds: 5,
  run: (options) => compare({ scenario: 'bulk', entries, bars, main: 'bytes', figures: ['bytes', 'cpu'] }, options),
};
