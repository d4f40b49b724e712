// What `nft -j list ruleset` writes (libnftables-json(5)).
import { z } from 'zod';
import { type Does, rulesOf, type Step } from './chains.ts';
import { all, beside, type Matches, type Value } from './match.ts';
import { Lines } from './nft-lines.ts';
import { icmpType, networksOf, type Sets, texts } from './nft-values.ts';
import {
  FLAGS,
  flagsOf,
  type Left,
  NotCovered,
  type Place,
  type Policy,
  portOf,
  protocolOf,
  REJECTED,
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
const Jump = z.object({ target: z.string() });

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
  const policies = new Map<string, Policy>();
  const chains = new Map<string, (Step | Left)[]>();
  const sets = new Map<string, Map<string, readonly unknown[]>>();
  for (const [kind, given] of objects) {
    if (kind === 'chain') {
      const chain = Chain.parse(given);
      chains.set(nameOf(chain, chain.name), []);
      readChain(chain, lines, policies, left);
    } else if (kind === 'set') {
      const { family, table, name, elem } = SetOf.parse(given);
      const ofTable = sets.get(`${family} ${table}`) ?? new Map();
      sets.set(`${family} ${table}`, ofTable.set(`@${name}`, elem));
    } else if (!['metainfo', 'table', 'rule'].includes(kind)) {
      left.push({ line: lines.of(given), text: kind, why: `there is no ${kind} here` });
    }
  }
  const hooked = new Set(objects.flatMap(([kind, given]) => (kind === 'chain' ? hookedIn(Chain.parse(given)) : [])));
  for (const [kind, given] of objects) {
    if (kind !== 'rule') continue;
    const rule = Rule.parse(given);
    const { family, table, chain, handle } = rule;
    const place = { line: lines.of(given), text: `rule ${handle} of ${family} ${table} ${chain}` };
    const name = nameOf(rule, chain);
    if (hooked.has(name) && !policies.has(name))
      left.push({ ...place, why: 'its chain is none of hooks input and output that is read' });
    else chains.get(name)?.push(readStep(rule, place, sets.get(`${family} ${table}`) ?? new Map()));
  }
  const rules: ReadRule[] = [];
  for (const [name, { direction, family }] of policies)
    for (const rule of rulesOf(chains, name, { direction, outer: [ofFamily(family)] }))
      if ('why' in rule) left.push(rule);
      else rules.push(rule);
  return { rules, policies: [...policies.values()], left };
}

const nameOf = ({ family, table }: { readonly family: string; readonly table: string }, chain: string) =>
  `${family} ${table} ${chain}`;

const hookedIn = (chain: z.infer<typeof Chain>) => (chain.hook === undefined ? [] : [nameOf(chain, chain.name)]);

const ofFamily = (family: 4 | 6 | undefined) => (family === undefined ? {} : { family: [family] });

function readStep(rule: z.infer<typeof Rule>, place: Place, sets: Sets): Step | Left {
  try {
    return { ...place, ...stepOf(rule, sets) };
  } catch (error) {
    if (!(error instanceof NotCovered)) throw error;
    return { ...place, why: error.message };
  }
}

function readChain(chain: z.infer<typeof Chain>, lines: Lines, chains: Map<string, Policy>, left: Left[]): void {
  const { family, table, name, type, hook, policy } = chain;
  const place = { line: lines.ofText(`"name": "${name}"`), text: `chain ${family} ${table} ${name}` };
  if (hook === undefined) return; // Others jump to it.
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

function stepOf({ family, table, expr, comment }: z.infer<typeof Rule>, sets: Sets): Omit<Step, keyof Place> {
  const matches: Matches[] = [];
  let does: Does = { action: 'nothing' };
  let log: number | undefined;
  let note: string | undefined;
  for (const [kind, given] of expr.flatMap((one) => Object.entries(one))) {
    if (kind === 'match') matches.push(matchOf(Match.parse(given), sets));
    else if (kind === 'accept') does = { action: 'allow' };
    else if (kind === 'drop' || kind === 'reject') does = { action: 'drop' };
    else if (kind === 'return') does = { action: 'return' };
    else if (kind === 'jump') does = { jump: nameOf({ family, table }, Jump.parse(given).target) };
    else if (kind === 'log') log = 1;
    else if (kind !== 'counter') throw new NotCovered(kind === 'xt' ? 'a part of iptables: use iptables-save' : kind);
    if (kind === 'reject') note = REJECTED;
  }
  const decides = 'action' in does && (does.action === 'allow' || does.action === 'drop');
  if (log !== undefined && !decides) throw new NotCovered('it logs, and decides nothing');
  return { matches: all(matches), does, name: comment?.slice(0, 100), log, note };
}

function matchOf({ op, left, right }: z.infer<typeof Match>, sets: Sets): Matches {
  const [kind = '', given] = Object.entries(left)[0] ?? [];
  if (kind === '&') {
    const [{ payload }, mask] = z.tuple([z.object({ payload: Payload }), z.unknown()]).parse(given);
    if (!isFlags(payload)) throw new NotCovered(`a mask of ${payload.protocol} ${payload.field}`);
    return all([TCP, turned(op, [{ flags: [flagsOf(texts(mask, sets), texts(right, sets))] }])]);
  }
  const values = texts(right, sets);
  if (kind === 'payload') {
    const payload = Payload.parse(given);
    if (isFlags(payload)) return all([TCP, flagsMatched(op, values)]);
    if (values.length === 0) throw new NotCovered('an empty set');
    const { layers, match } = payloadOf(payload, values);
    return all([layers, turned(op, [match])]);
  }
  if (values.length === 0) throw new NotCovered('an empty set');
  const { key } = Key.catch({ key: '' }).parse(given);
  if (kind === 'ct' && key === 'state') {
    const states = [{ states: values.map((state) => state.toUpperCase()) }];
    return op === '!' || op === '!=' ? beside(states) : states;
  }
  if (kind === 'meta') return turned(op, [metaOf(key, values)]);
  throw new NotCovered(`a match of ${kind}`);
}

/** @throws NotCovered */
function turned(op: string, matches: Matches): Matches {
  if (op === '==') return matches;
  if (op === '!=') return beside(matches);
  throw new NotCovered(op === 'in' ? 'a match of single bits' : `a match with ${op}`);
}

const isFlags = ({ protocol, field }: z.infer<typeof Payload>) => protocol === 'tcp' && field === 'flags';

function flagsMatched(op: string, names: readonly string[]): Matches {
  if (op === 'in') return [{ flags: names.map((name) => flagsOf([name], [name])) }];
  if (op === '!') return [{ flags: [flagsOf(names, [])] }];
  return turned(op, [{ flags: [flagsOf(FLAGS, names)] }]);
}

function metaOf(key: string, values: readonly string[]): { [member: string]: readonly Value[] } {
  if (key === 'l4proto') return { protocol: values.map(protocolOf) };
  if (key === 'nfproto') return { family: values.map((value) => (value === 'ipv4' ? 4 : 6)) };
  if (key !== 'iifname' && key !== 'oifname') throw new NotCovered(`meta ${key}`);
  if (values.some((name) => name.endsWith('*'))) throw new NotCovered(`interfaces ${values.join(', ')}`);
  return { interface: values };
}

interface PayloadMatch {
  /** What a packet must be for the field to be there. */
  readonly layers: Matches;
  readonly match: Matches[number];
}

function payloadOf({ protocol, field }: z.infer<typeof Payload>, values: readonly string[]): PayloadMatch {
  const layers = LAYERS.get(protocol);
  const member = MEMBERS.get(`${protocol} ${field}`) ?? MEMBERS.get(field);
  if (layers === undefined || member === undefined) throw new NotCovered(`${protocol} ${field}`);
  return { layers, match: { [member]: values.flatMap(READERS[member](protocol)) } };
}

type PayloadMember = 'from' | 'to' | 'protocol' | 'port' | 'sourcePort' | 'icmp';

const TCP: Matches = [{ protocol: ['tcp'] }];
const LAYERS: ReadonlyMap<string, Matches> = new Map<string, Matches>([
  ['ip', [{ family: [4] }]],
  ['ip6', [{ family: [6] }]],
  ['tcp', TCP],
  ['udp', [{ protocol: ['udp'] }]],
  ['sctp', [{ protocol: ['sctp'] }]],
  ['th', [{ protocol: ['tcp', 'udp', 'sctp'] }]],
  ['icmp', [{ family: [4], protocol: ['icmp'] }]],
  ['icmpv6', [{ family: [6], protocol: ['icmp6'] }]],
]);

const MEMBERS: ReadonlyMap<string, PayloadMember> = new Map([
  ['saddr', 'from'],
  ['daddr', 'to'],
  ['ip protocol', 'protocol'],
  ['dport', 'port'],
  ['sport', 'sourcePort'],
  ['type', 'icmp'],
]);

const READERS: Readonly<Record<PayloadMember, (protocol: string) => (value: string) => readonly Value[]>> = {
  from: () => networksOf,
  to: () => networksOf,
  protocol: () => (value) => [protocolOf(value)],
  port: () => (value) => [portOf(value)],
  sourcePort: () => (value) => [portOf(value)],
  icmp: (protocol) => (value) => [icmpType(value, protocol === 'icmp' ? 4 : 6)],
};
