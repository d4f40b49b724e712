// What rules of a firewall cost: forwarding through 1 to 100,000 of them, loading them, changing one; and lookups of addresses
// alone, against the kernel's LPM trie.

import { familiesLookups } from '../firewall-rules/families-lookups.ts';
import { mixedList, senderList } from '../firewall-rules/lists.ts';
import { lookups } from '../firewall-rules/lookups.ts';
import { iptables, nftConcatenated, nftLinear, nftSet, xdpFilter } from '../firewall-rules/netfilter.ts';
import { PACKETS, type Rates, rates } from '../firewall-rules/rates.ts';
import { MAC } from '../firewall-rules/road.ts';
import { type Contender, machine, ratio, target } from '../result.ts';
import type { Scenario } from './index.ts';

const MIXED = [1, 10, 100, 1_000, 10_000, 100_000];
const SENDERS = [100, 10_000];
/** Whole addresses: all that xdp-filter can be told, in some 10 ms each. */
const HOSTS = [1, 100];

export const firewallRules: Scenario = {
  name: 'firewall-rules',
  purpose:
    'forwarding through 1 to 100,000 rules, loading and changing them: netfilter and ours; lookups against LPM tries',
  rounds: 5,
  async run({ rounds, progress }) {
    const mixed = new Map<number, Rates>();
    for (const size of MIXED) {
      progress(`${size} mixed rules …`);
      const list = mixedList(size, PACKETS, MAC);
      mixed.set(size, await rates({ title: `${size} mixed`, list, filters: [iptables, nftLinear], rounds }));
    }
    const senders: Rates[] = [];
    for (const size of SENDERS) {
      progress(`${size} senders …`);
      const list = senderList(size, PACKETS, MAC);
      senders.push(await rates({ title: `${size} senders`, list, filters: [nftSet, nftConcatenated], rounds }));
    }
    for (const size of HOSTS) {
      progress(`${size} hosts …`);
      const list = senderList(size, PACKETS, MAC, 32);
      senders.push(await rates({ title: `${size} hosts`, list, filters: [nftSet, xdpFilter], rounds }));
    }
    const alone = await lookups(rounds, progress);
    const families = await familiesLookups(rounds, progress);
    const parts = [...mixed.values(), ...senders, alone, families];
    const [one, many] = [mixed.get(1), mixed.get(10_000)];
    const rateOf = (name: string, { ours = [] }: Partial<Rates> = {}) => ({ name, values: ours.map((ns) => 1 / ns) });
    const kept = ratio(
      'ours, 10,000 rules / 1 rule',
      'rate',
      rateOf('ours 10000 mixed', many),
      rateOf('ours 1 mixed', one),
    );
    return {
      scenario: 'firewall-rules',
      machine: machine(),
      command: `npm run bench -- firewall-rules --rounds ${rounds}`,
      rounds,
      correct: parts.every(({ correct }) => correct),
      contenders: parts.flatMap(({ contenders }) => contenders),
      ratios: [...parts.flatMap(({ ratios }) => ratios), kept],
      targets: [
        target('10,000 rules keep the rate of 1', kept.median, 0.8, 'higher'),
        target('ours / iptables at 10,000 rules', many?.overIptables ?? Number.NaN, 50, 'higher'),
        target('changing one of 10,000 rules, ms', updateOf(many), 50, 'lower'),
        ...families.lookups.map(({ name, ns, bar }) => target(`${name}, ns a lookup`, ns, bar, 'lower')),
        target('classifier, ns a lookup at 10,000 subnets', lookupOf(alone.contenders), 130, 'lower'),
      ],
    };
  },
};

function updateOf(rates: Rates | undefined): number {
  return rates?.contenders.find(({ name }) => name === 'ours 10000 mixed')?.metrics.update?.median ?? Number.NaN;
}

function lookupOf(contenders: readonly Contender[]): number {
  return contenders.find(({ name }) => name === 'classifier 10000')?.metrics.lookup?.median ?? Number.NaN;
}
