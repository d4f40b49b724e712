// What `nft -j list ruleset` writes (libnftables-json(5)).
import { z } from 'zod';
import { Lines } from './nft-lines.ts';
import { icmpType, type Sets, texts } from './nft-values.ts';
import {
  type FirewallRule,
  FLAGS,
  flagsOf,
  type Left,
  NotCovered,
  networkOf,
  type Policy,
  portOf,
  protocolOf,
  type Reading,
  type ReadRule,
} from './reading.ts';

const Json = z.object({ nftables: z.array(z.record(z.string(), z.unknown())) });
const Chain = z.object({
  family: z.string(),
  table: z.string(),
  name: z.string(),
  type: z.string().optional(),
  hook: z.string().optional(),
  prio: z.number().optional(),
  policy: z.enum(['accept', 'drop']).default('accept'),
});
const Rule = z.object({
  family: z.string(),
  table: z.string(),
  chain: z.string(),
  handle: z.number(),
  comment: z.string().optional(),
  expr: z.array(z.record(z.string(), z.unknown())),
});
const SetOf = z.object({
  family: z.string(),
  table: z.string(),
  name: z.string(),
  elem: z.array(z.unknown()).default([]),
});
const Match = z.object({ op: z.string(), left: z.record(z.string(), z.unknown()), right: z.unknown() });
const Payload = z.object({ protocol: z.string(), field: z.string() });
const Key = z.object({ key: z.string() });

interface Draft {
  readonly rule: FirewallRule;
  family: 4 | 6 | undefined;
  states?: readonly string[];
}

const DIRECTIONS: ReadonlyMap<string, 'in' | 'out'> = new Map([
  ['input', 'in'],
  ['output', 'out'],
]);
const FAMILIES: ReadonlyMap<string, 4 | 6 | undefined> = new Map([
  ['ip', 4],
  ['ip6', 6],
  ['inet', undefined],
]);

/** @throws ZodError, SyntaxError: it is nothing that nft writes */
export function readNft(text: string): Reading {
  const objects = Json.parse(JSON.parse(text)).nftables.flatMap((one) => Object.entries(one));
  const lines = new Lines(text);
  const left: Left[] = [];
  const chains = new Map<string, Policy>();
  const sets: Map<string, readonly unknown[]> = new Map();
  for (const [kind, given] of objects) {
    if (kind === 'chain') readChain(Chain.parse(given), lines, chains, left);
    else if (kind === 'set') {
      const { family, table, name, elem } = SetOf.parse(given);
      sets.set(`${family} ${table} @${name}`, elem);
    } else if (!['metainfo', 'table', 'rule'].includes(kind)) {
      left.push({ line: lines.of(given), text: kind, why: `there is no ${kind} here` });
    }
  }
  const rules: ReadRule[] = [];
  for (const [kind, given] of objects) {
    if (kind !== 'rule') continue;
    const rule = Rule.parse(given);
    const { family, table, chain, handle } = rule;
    const place = { line: lines.of(given), text: `rule ${handle} of ${family} ${table} ${chain}` };
    try {
      const within = chains.get(`${family} ${table} ${chain}`);
      if (within === undefined) throw new NotCovered('its chain is none of hooks input and output that is read');
      const draft = draftOf(
        rule,
        within.family,
        new Map([...sets].map(([name, elements]) => [name.replace(`${family} ${table} `, ''), elements])),
      );
      if (draft === undefined) continue;
      rules.push({
        ...place,
        direction: within.direction,
        family: draft.family,
        rule: draft.rule,
        states: draft.states,
      });
    } catch (error) {
      if (!(error instanceof NotCovered)) throw error;
      left.push({ ...place, why: error.message });
    }
  }
  return { rules, policies: [...chains.values()], left };
}

function readChain(chain: z.infer<typeof Chain>, lines: Lines, chains: Map<string, Policy>, left: Left[]): void {
  const { family, table, name, type, hook, policy } = chain;
  const place = { line: lines.ofText(`"name": "${name}"`), text: `chain ${family} ${table} ${name}` };
  if (hook === undefined) return; // Its rules are left, and so are those that jump to it.
  const direction = DIRECTIONS.get(hook);
  const action = policy === 'drop' ? 'drop' : 'allow';
  if (direction === undefined || type !== 'filter' || !FAMILIES.has(family)) {
    if (action === 'drop')
      left.push({
        ...place,
        why: `${family} ${type} at ${hook}: only filters of ip, ip6 and inet at input and output are those of a port`,
      });
    return;
  }
  const own = FAMILIES.get(family);
  const other = [...chains.values()].find(
    (one) => one.direction === direction && (one.family === own || one.family === undefined || own === undefined),
  );
  if (other !== undefined)
    left.push({ ...place, why: `a packet has to pass ${other.text} too: one chain of each hook is read` });
  else chains.set(`${family} ${table} ${name}`, { ...place, direction, family: own, action });
}

function draftOf({ expr, comment }: z.infer<typeof Rule>, family: 4 | 6 | undefined, sets: Sets): Draft | undefined {
  const draft: Draft = { rule: comment === undefined ? {} : { name: comment.slice(0, 100) }, family };
  for (const [kind, given] of expr.flatMap((one) => Object.entries(one))) {
    if (kind === 'match') readMatch(draft, Match.parse(given), sets);
    else if (kind === 'accept') draft.rule.action = 'allow';
    else if (kind === 'drop') draft.rule.action = 'drop';
    else if (kind === 'log') draft.rule.log = 1;
    else if (kind !== 'counter') throw new NotCovered(kind === 'xt' ? 'a part of iptables: use iptables-save' : kind);
  }
  if (draft.rule.action !== undefined) return draft;
  // A rule that only counts decides nothing.
  if (expr.every((one) => 'counter' in one || 'match' in one)) return undefined;
  throw new NotCovered('it decides nothing');
}

function readMatch(draft: Draft, { op, left, right }: z.infer<typeof Match>, sets: Sets): void {
  const [kind = '', given] = Object.entries(left)[0] ?? [];
  if (kind === '&') {
    const [payload, mask] = z.tuple([z.object({ payload: Payload }), z.unknown()]).parse(given);
    const { protocol, field } = payload.payload;
    if (protocol !== 'tcp' || field !== 'flags' || op !== '==') throw new NotCovered(`a mask of ${protocol} ${field}`);
    setFlags(draft, [flagsOf(texts(mask, sets), texts(right, sets))]);
    return;
  }
  if (kind === 'payload' && isFlags(given)) {
    const flags = texts(right, sets);
    if (op === 'in')
      setFlags(
        draft,
        flags.map((flag) => flagsOf([flag], [flag])),
      );
    else if (op === '!') setFlags(draft, [flagsOf(flags, [])]);
    else if (op === '==') setFlags(draft, [flagsOf(FLAGS, flags)]);
    else throw new NotCovered(`a match with ${op}`);
    return;
  }
  const isState = kind === 'ct' && Key.parse(given).key === 'state';
  if (op !== '==' && !(isState && op === 'in'))
    throw new NotCovered(op === 'in' ? 'a match of single bits' : `a match with ${op}`);
  const values = texts(right, sets);
  if (values.length === 0) throw new NotCovered('an empty set');
  if (isState) draft.states = values.map((state) => state.toUpperCase());
  else if (kind === 'meta') readMeta(draft, Key.parse(given).key, values);
  else if (kind === 'payload') readPayload(draft, Payload.parse(given), values);
  else throw new NotCovered(`a match of ${kind}`);
}

const isFlags = (given: unknown) => {
  const { protocol, field } = Payload.parse(given);
  return protocol === 'tcp' && field === 'flags';
};

function setFlags(draft: Draft, flags: readonly string[]): void {
  requireProtocol(draft, 'tcp');
  if (draft.rule.flags !== undefined) throw new NotCovered('two matches of TCP flags');
  draft.rule.flags = flags;
}

function readMeta(draft: Draft, key: string, values: readonly string[]): void {
  if (key === 'l4proto') requireProtocol(draft, ...values);
  else if (key === 'iifname' || key === 'oifname') {
    if (values.some((name) => name.endsWith('*'))) throw new NotCovered(`interfaces ${values.join(', ')}`);
    draft.rule.interface = values;
  } else if (key === 'nfproto' && values.length === 1) requireFamily(draft, values[0] === 'ipv4' ? 4 : 6);
  else throw new NotCovered(`meta ${key}`);
}

function readPayload(draft: Draft, { protocol, field }: z.infer<typeof Payload>, values: readonly string[]): void {
  const { rule } = draft;
  const name = `${protocol} ${field}`;
  const member = MEMBERS.get(field);
  if (member !== undefined && rule[member] !== undefined) throw new NotCovered(`two matches of ${field}`);
  if (protocol === 'ip' || protocol === 'ip6') requireFamily(draft, protocol === 'ip' ? 4 : 6);
  if (name === 'ip saddr' || name === 'ip6 saddr') rule.from = values.map(networkOf);
  else if (name === 'ip daddr' || name === 'ip6 daddr') rule.to = values.map(networkOf);
  else if (name === 'ip protocol') requireProtocol(draft, ...values);
  else if (field === 'dport' || field === 'sport') {
    if (protocol !== 'th') requireProtocol(draft, protocol);
    else if (rule.protocol === undefined) requireProtocol(draft, 'tcp', 'udp', 'sctp');
    rule[field === 'dport' ? 'port' : 'sourcePort'] = values.map(portOf);
  } else if (name === 'icmp type' || name === 'icmpv6 type') {
    requireFamily(draft, protocol === 'icmp' ? 4 : 6);
    requireProtocol(draft, protocol);
    rule.icmp = values.map(icmpType);
  } else throw new NotCovered(name);
}

const MEMBERS: ReadonlyMap<string, keyof FirewallRule> = new Map([
  ['saddr', 'from'],
  ['daddr', 'to'],
  ['dport', 'port'],
  ['sport', 'sourcePort'],
  ['type', 'icmp'],
]);

function requireFamily(draft: Draft, family: 4 | 6): void {
  if (draft.family !== undefined && draft.family !== family)
    throw new NotCovered('a match of both families, which no packet passes');
  draft.family = family;
}

function requireProtocol({ rule }: Draft, ...names: readonly string[]): void {
  const given = names.map(protocolOf);
  const both = rule.protocol === undefined ? given : given.filter((one) => rule.protocol?.includes(one));
  if (both.length === 0) throw new NotCovered('protocols that no packet has together');
  rule.protocol = both;
}
