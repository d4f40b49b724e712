// One rule: what people write, and what is wrong with it by itself.
import { net, type Prefix } from '@twinpath/vnf';
import { z } from 'zod';
import { flags, icmp, icmpNumber, isIp4Network, networks, protocol, rate, some } from './values.ts';

const time = z
  .string()
  .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, "is no time of day: write it as '08:30', from 00:00 to 24:00");

/** UTC. `until` not later than `from`: over midnight, and the day is the one on which it begins. */
export const Schedule = z.strictObject({
  days: z.array(z.enum(['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'])).optional(),
  from: time.default('00:00'),
  until: time.default('24:00'),
});
export type Schedule = z.infer<typeof Schedule>;

/** What a rule leaves out matches everything; of a list one value is enough. The first rule that matches decides. */
export const Rule = z.strictObject({
  /** What the rule is called where it decides; default: its place in the list. */
  name: z.string().min(1).max(100).optional(),
  action: z.enum(['allow', 'drop', 'offload']),
  direction: z.enum(['in', 'out']).optional(),
  /** Networks, or `'@name'` of a set. */
  from: networks().optional(),
  to: networks().optional(),
  /** A DNS name in place of `to`: the slow path asks for its addresses when the first packet comes. */
  toName: z.string().min(1).optional(),
  protocol: some(protocol()).optional(),
  /** Destination ports, one or a range each. */
  port: some(net.portRange()).optional(),
  sourcePort: some(net.portRange()).optional(),
  /** TCP flags of the packet: `'syn !ack'`. */
  flags: some(flags()).optional(),
  /** Types of ICMP, with a code where it matters: `'echo-request'`, `'3/4'`, `'9-255'`. */
  icmp: some(icmp()).optional(),
  /** Of the port that the packet comes by, or leaves by. */
  interface: some(z.string().min(1)).optional(),
  /** Of the outermost tag; `none`: there is none. */
  vlan: some(z.literal('none').or(z.int().min(0).max(4095))).optional(),
  /** Allows so many: more are dropped. Packets, or where there is a table of flows, flows. */
  limit: rate().optional(),
  /** As many may come at once. */
  burst: z.int().min(1).max(1_000_000).default(5),
  /** One in so many of the packets that the rule decides is logged. */
  log: z.int().min(1).max(0xffff_ffff).optional(),
  /** Only then does the rule match; the slow path looks at the clock. */
  when: Schedule.optional(),
});
export type Rule = z.infer<typeof Rule>;

/** Only the slow path can tell whether it matches. */
export const isConditional = ({ toName, when }: Pick<Rule, 'toName' | 'when'>): boolean =>
  toName !== undefined || when !== undefined;

/** Networks by name. */
export type Sets = Readonly<Record<string, readonly Prefix[]>>;

export interface Problem {
  readonly at: readonly (string | number)[];
  readonly why: string;
}

const PORTED: readonly unknown[] = ['tcp', 'udp', 'sctp'];

export function* problemsOfRule(
  rule: Rule,
  { sets, stateful }: { readonly sets: Sets; readonly stateful: boolean },
): Generator<Problem> {
  const { protocol: protocols = [], port, sourcePort, flags: test, icmp: types = [] } = rule;
  const only = (...names: unknown[]) => protocols.length > 0 && protocols.every((one) => names.includes(one));
  for (const [member, given] of Object.entries({ port, sourcePort })) {
    if (given === undefined || only(...PORTED)) continue;
    yield { at: [member], why: 'a port needs a protocol that has ports: tcp, udp or sctp' };
  }
  if (test !== undefined && !only('tcp')) yield { at: ['flags'], why: 'flags need a protocol that has them: tcp' };
  if (types.length > 0 && !(protocols.length === 1 && only('icmp', 'icmp6'))) {
    yield { at: ['icmp'], why: 'a type needs its protocol: icmp or icmp6' };
  }
  const family = only('icmp') ? 4 : 6;
  for (const { type } of types) {
    if (icmpNumber(family, type) === undefined)
      yield { at: ['icmp'], why: `${protocols[0]} has no type '${type}': write its number` };
  }
  if (rule.to !== undefined && rule.toName !== undefined) {
    yield { at: ['toName'], why: 'a rule has to or toName, not both: write two rules' };
  }
  if (rule.limit !== undefined && rule.action !== 'allow') {
    yield { at: ['limit'], why: 'a limit is how much a rule allows: leave it out, or write action: allow' };
  }
  if (isConditional(rule) && (!stateful || rule.limit !== undefined)) {
    const member = rule.when === undefined ? 'toName' : 'when';
    const why = stateful ? 'is decided by the slow path, which knows no limits' : 'is decided once for each flow';
    yield { at: [member], why: `a rule with ${member} ${why}: leave ${stateful ? 'limit' : 'stateful: false'} out` };
  }
  yield* problemsOfNetworks(rule, sets);
}

function* problemsOfNetworks({ from = [], to = [] }: Rule, sets: Sets): Generator<Problem> {
  for (const [member, given] of Object.entries({ from, to })) {
    for (const one of given) {
      if (!isSetName(one) || Object.hasOwn(sets, one.slice(1))) continue;
      const known = Object.keys(sets).map((name) => `@${name}`);
      yield {
        at: [member],
        why: `there is no set ${one}: ${known.length === 0 ? 'write it below `sets`' : `sets are ${known.join(', ')}`}`,
      };
    }
  }
  const [sources, targets] = [from, to].map((given) => given.flatMap((one) => resolved(one, sets)));
  if (sources === undefined || targets === undefined || sources.length === 0 || targets.length === 0) return;
  if (sources.some((one) => targets.some((other) => isIp4Network(one) === isIp4Network(other)))) return;
  const [first, second] = [sources, targets].map(([one = '::/0']) => `${isIp4Network(one) ? 'IPv4' : 'IPv6'} (${one})`);
  const why = `no packet goes from ${first} to ${second}, so that the rule could never match`;
  yield { at: ['to'], why: `${why}: give from and to networks of one family` };
}

export const isSetName = (network: Prefix) => network.startsWith('@');

const resolved = (network: Prefix, sets: Sets): readonly Prefix[] =>
  isSetName(network) ? (sets[network.slice(1)] ?? []) : [network];

/** With the networks of its sets in place of their names. */
export function withSets(rule: Rule, sets: Sets): Rule {
  const { from, to } = rule;
  const networksOf = (given: readonly Prefix[]) => [...new Set(given.flatMap((one) => resolved(one, sets)))];
  return {
    ...rule,
    ...(from !== undefined && { from: networksOf(from) }),
    ...(to !== undefined && { to: networksOf(to) }),
  };
}
