import { z } from 'zod';
import { type Classes, classesOf, MOST_COMBINATIONS } from './classes.ts';
import { entriesIn, MOST_ENTRIES, MOST_LIMITS } from './entries.ts';
import { isConditional, isSetName, type Problem, problemsOfRule, Rule, withSets } from './rule.ts';
import { Timeouts } from './timeouts.ts';
import { networks } from './values.ts';

const Given = z.strictObject({
  /** `false`: every packet is judged by itself, and there is no table of flows. */
  stateful: z.boolean().default(true),
  /** What no rule decides. `offload`: it goes to the host's own rules (iptables, nftables), whatever follows in the chain. */
  otherwise: z.enum(['drop', 'allow', 'offload']).default('drop'),
  /** Packets with IPv4 options, or IPv6 hop-by-hop, routing or destination options. `inspect`: the rules decide. */
  options: z.enum(['drop', 'inspect']).default('drop'),
  /** Fragments behind the first one, which show no ports. */
  laterFragments: z.enum(['drop', 'allow']).default('drop'),
  /** Frames that are neither IP nor ARP, and IP behind more than two VLAN tags. */
  otherTypes: z.enum(['drop', 'allow']).default('drop'),
  /** What TCP flows may begin with. `syn`: the rest is dropped before the rules; `any`: also connections older than the table of flows. */
  opening: z.enum(['any', 'syn']).default('any'),
  /** How long a flow stays in the table without a packet, by its state; the README says what they are if left out. */
  timeouts: Timeouts.prefault({}),
  /** Networks by name, for `from: '@name'`. */
  sets: z.record(z.string(), networks()).default({}),
  rules: z.array(Rule).default([]),
});
type Given = z.infer<typeof Given>;

export const Config = Given.transform((given, context) => {
  const problems = [...tooMany(given), ...tooManyLimits(given), ...problemsOf(given)];
  for (const { at, why } of problems) context.addIssue({ code: 'custom', path: [...at], message: why });
  if (problems.length > 0) return z.NEVER;
  const rules = given.rules.map((rule) => withSets(rule, given.sets));
  const classes = classesOf(rules);
  const [more] = [...tooManyClasses(classes), ...tooManyEntries(rules, classes)];
  if (more === undefined) return { ...given, rules, uses: usesOf(rules) };
  context.addIssue({ code: 'custom', path: [...more.at], message: more.why });
  return z.NEVER;
});
export type Config = z.infer<typeof Config>;

function* tooMany({ rules }: Pick<Given, 'rules'>): Generator<Problem> {
  if (rules.length > MOST_ENTRIES) {
    yield {
      at: ['rules'],
      why: `there are ${rules.length} rules, and at most ${MOST_ENTRIES} may be: put networks into lists`,
    };
  }
}

function* tooManyLimits({ rules }: Pick<Given, 'rules'>): Generator<Problem> {
  const limited = rules.filter(({ limit }) => limit !== undefined).length;
  if (limited <= MOST_LIMITS) return;
  yield { at: ['rules'], why: `${limited} rules have a limit, and at most ${MOST_LIMITS} may: leave some limits out` };
}

/** Lists are multiplied: each combination is a rule of the classifier. */
function* tooManyEntries(rules: readonly Rule[], classes: Classes): Generator<Problem> {
  const counts = rules.map((rule) => entriesIn(rule, classes));
  const sum = counts.reduce((all, one) => all + one, 0);
  if (sum <= MOST_ENTRIES) return;
  const longest = counts.indexOf(Math.max(...counts));
  const why = `the lists of the rules make ${sum} combinations, and at most ${MOST_ENTRIES} may be`;
  yield {
    at: ['rules'],
    why: `${why}: rules[${longest}] alone makes ${counts[longest]}, write shorter lists, ranges or shorter prefixes`,
  };
}

function* tooManyClasses({ kinds }: Classes): Generator<Problem> {
  const { flags, vlans, interfaces } = kinds;
  const product = flags * vlans * interfaces;
  if (product <= MOST_COMBINATIONS) return;
  const what = `${flags} kinds of TCP flags, ${vlans} of VLANs and ${interfaces} of interfaces`;
  const why = `the rules tell ${what} apart, ${product} combinations, and at most ${MOST_COMBINATIONS} may be`;
  yield { at: ['rules'], why: `${why}: use fewer of one of them` };
}

function* problemsOf({ rules, sets, stateful }: Given): Generator<Problem> {
  for (const [name, members] of Object.entries(sets)) {
    if (members.some(isSetName))
      yield { at: ['sets', name], why: 'a set holds networks, no other sets: write its networks' };
  }
  for (const [index, rule] of rules.entries()) {
    for (const { at, why } of problemsOfRule(rule, { sets, stateful })) yield { at: ['rules', index, ...at], why };
  }
}

/** What the rules need of the fast path: the rest of it is not compiled. */
function usesOf(rules: readonly Rule[]) {
  const has = (member: keyof Rule) => rules.some((rule) => rule[member] !== undefined);
  return {
    rules: rules.length > 0,
    sourcePorts: has('sourcePort'),
    flags: has('flags'),
    icmp: has('icmp'),
    interfaces: has('interface'),
    vlans: has('vlan'),
    limits: has('limit'),
    logs: has('log'),
    conditions: rules.some(isConditional),
  };
}
