// Ordered IPv4 rules of a firewall, and packets of which half are to be dropped whatever the number of rules is: what a packet
// costs behind its verdict is the same for all lists then.
import {
  buildClassifier,
  type ClassifierShape,
  generateRules,
  generateTrace,
  type Key,
  linearOracle,
  lookup,
  type Rule,
  type RuleMix,
} from '@twinpath/classifier';
import { formatPortRange, formatPrefix, ipFromBytes, packetFromText } from '@twinpath/packet';
import { random } from '../subnets.ts';
import { FRAME, LIVE_FRAME } from '../trace.ts';

const SHAPE: ClassifierShape = [
  { name: 'src', kind: 'prefix' },
  { name: 'dst', kind: 'prefix' },
  { name: 'protocol', kind: 'exact8' },
  { name: 'sport', kind: 'range16' },
  { name: 'dport', kind: 'range16' },
];
const TCP = 6;
const UDP = 17;
const ICMP = 1;

/** As the function's configuration has it. */
export interface MixedRule {
  readonly src?: string;
  readonly dst?: string;
  readonly protocol?: 'tcp' | 'udp';
  readonly sport?: string;
  readonly dport?: string;
  readonly action: 'allow' | 'drop';
}

export interface RuleList {
  readonly rules: readonly MixedRule[];
  /** All of one length. */
  readonly frames: readonly Uint8Array[];
  /** What the trees say to each, and comparing rule after rule, as far as there is time for it: with 1,000 rules all packets. */
  readonly dropped: readonly boolean[];
}

/** Every second rule drops, beginning with the first; what none matches passes. */
export function mixedList(count: number, packets: number, mac: string): RuleList {
  const usable = generateRules({
    shape: SHAPE,
    mix: 'acl',
    count: Math.ceil(1.5 * count) + 16,
    seed: 11,
    ipv6Share: 0,
  }).filter(isUsable);
  const rules = Array.from({ length: count }, (_, index) => {
    const rule = usable[Math.floor((index * usable.length) / count)] ?? [];
    const [src, dst, protocol, sport, dport] = rule;
    // Ports without a protocol are nothing that iptables could ask for.
    if (protocol === undefined && sport === undefined && dport === undefined) return rule;
    return [src, dst, { values: [matchesOne(rule, UDP) ? UDP : TCP] }, sport, dport];
  });
  return listOf(rules, (number) => number % 2 === 0, packets, mac);
}

/** Senders alone, all dropped, none within another: what sets can say. `length`: of all prefixes; else 24 to 28 bits. */
export function senderList(count: number, packets: number, mac: string, length?: number): RuleList {
  const next = random(count);
  const networks = new Map<number, Rule>();
  while (networks.size < count) {
    const [first, second, third] = [1 + (next() % 190), next() % 256, next() % 256];
    const address = Uint8Array.of(first, second, third, 0);
    if (!isUnicast(address)) continue;
    networks.set(first * 65_536 + second * 256 + third, [
      { address, length: length ?? 24 + (next() % 5) },
      undefined,
      { values: [UDP] },
      undefined,
      undefined,
    ]);
  }
  return listOf([...networks.values()], () => true, packets, mac);
}

/** Of both families, as they are generated, every second one drops; packets that mostly match some rule, of FRAME bytes. */
export function familiesList(mix: RuleMix, count: number, packets: number): RuleList {
  const rules = generateRules({ shape: SHAPE, mix, count, seed: 7 }).map((rule) =>
    matchesOne(rule, ICMP) ? rule.with(2, { values: [TCP] }) : rule,
  );
  const { table } = buildClassifier(SHAPE, rules);
  const every = Math.ceil((packets * count) / MOST_COMPARED);
  const keys = generateTrace({ shape: SHAPE, rules, count: 8 * packets, seed: 8 })
    .filter(([, , protocol]) => protocol === TCP || protocol === UDP)
    .slice(0, packets);
  const dropped = keys.map((key, index) => {
    const number = lookup(table, SHAPE, key);
    if (index % every === 0 && number !== linearOracle(rules, key)) throw new Error('the trees are wrong');
    return number !== undefined && number % 2 === 0;
  });
  return {
    rules: rules.map((rule, number) => mixedRule(rule, number % 2 === 0)),
    frames: keys.map((key) => frameOf(key, '02:00:00:00:00:0a', FRAME)),
    dropped,
  };
}

function listOf(rules: readonly Rule[], drops: (number: number) => boolean, packets: number, mac: string): RuleList {
  const chosen = choose(rules, drops, packets);
  return {
    rules: rules.map((rule, number) => mixedRule(rule, drops(number))),
    frames: chosen.map(({ key }) => frameOf(key, mac)),
    dropped: chosen.map(({ isDropped }) => isDropped),
  };
}

const matchesOne = (rule: Rule, protocol: number): boolean => {
  const match = rule[2];
  return match !== undefined && 'values' in match && match.values.includes(protocol);
};

interface Chosen {
  readonly key: Key;
  readonly isDropped: boolean;
}

/** Comparisons of a packet with a rule. */
const MOST_COMPARED = 20_000_000;

/** Half of them dropped, in the order in which they came. @throws when the trees say otherwise than comparing does. */
function choose(rules: readonly Rule[], drops: (number: number) => boolean, packets: number): readonly Chosen[] {
  const chosen: Chosen[] = [];
  const left = [packets / 2, packets / 2];
  const { table } = buildClassifier(SHAPE, rules);
  const every = Math.ceil((packets * rules.length) / MOST_COMPARED);
  const others = generateRules({ shape: SHAPE, mix: 'acl', count: 500, seed: 12, ipv6Share: 0 });
  for (let seed = 1; chosen.length < packets; seed++) {
    const from = seed % 2 === 0 ? others : rules;
    for (const key of generateTrace({ shape: SHAPE, rules: from, count: packets, seed })) {
      if (!isCarried(key)) continue;
      const number = lookup(table, SHAPE, key);
      const isDropped = number !== undefined && drops(number);
      const half = isDropped ? 0 : 1;
      if ((left[half] ?? 0) === 0) continue;
      if (chosen.length % every === 0 && number !== linearOracle(rules, key)) throw new Error('the trees are wrong');
      left[half] = (left[half] ?? 0) - 1;
      chosen.push({ key, isDropped });
      if (chosen.length === packets) break;
    }
  }
  return chosen;
}

/** Some of its packets are carried. */
function isUsable([src, dst]: Rule): boolean {
  return [src, dst].every(
    (match) => !match || ('address' in match && (match.length === 0 || isUnicast(match.address))),
  );
}

/** TCP or UDP between addresses that a router takes. */
function isCarried([src, dst, protocol]: Key): boolean {
  return (protocol === TCP || protocol === UDP) && isUnicast(src) && isUnicast(dst);
}

function isUnicast(address: Key[number] | undefined): boolean {
  if (typeof address !== 'object') return false;
  const [first = 0] = address;
  return first > 0 && first < 224 && first !== 127;
}

function mixedRule([src, dst, protocol, sport, dport]: Rule, isDropped: boolean): MixedRule {
  return {
    ...(src && 'address' in src && { src: formatPrefix(src) }),
    ...(dst && 'address' in dst && { dst: formatPrefix(dst) }),
    ...(protocol && 'values' in protocol && { protocol: protocol.values[0] === UDP ? 'udp' : 'tcp' }),
    ...(sport && 'from' in sport && { sport: String(formatPortRange(sport)) }),
    ...(dport && 'from' in dport && { dport: String(formatPortRange(dport)) }),
    action: isDropped ? 'drop' : 'allow',
  };
}

function frameOf([src, dst, protocol, sport, dport]: Key, mac: string, size = LIVE_FRAME): Uint8Array {
  if (typeof src !== 'object' || typeof dst !== 'object') throw new TypeError('a key has addresses');
  const ports = protocol === UDP ? `udp ${sport} > ${dport}` : `tcp ${sport} > ${dport}`;
  const frame = new Uint8Array(size);
  frame.set(packetFromText(`ip ${ipFromBytes(src)} > ${ipFromBytes(dst)} / ${ports}`).subarray(0, size));
  frame.set(mac.split(':').map((byte) => Number.parseInt(byte, 16)));
  return frame;
}
