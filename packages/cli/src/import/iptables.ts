// What iptables-save and ip6tables-save write.
import { type Chains, type Does, rulesOf, type Step } from './chains.ts';
import { all, beside, type Matches, type Value } from './match.ts';
import { prefixesOf } from './networks.ts';
import {
  flagsOf,
  type Left,
  NotCovered,
  networkOf,
  type Place,
  type Policy,
  portOf,
  protocolOf,
  REJECTED,
  type Reading,
  type ReadRule,
} from './reading.ts';

const DIRECTIONS: ReadonlyMap<string, 'in' | 'out'> = new Map([
  ['INPUT', 'in'],
  ['OUTPUT', 'out'],
]);
const TARGETS: ReadonlyMap<string, Does> = new Map<string, Does>([
  ['ACCEPT', { action: 'allow' }],
  ['DROP', { action: 'drop' }],
  ['REJECT', { action: 'drop' }],
  ['RETURN', { action: 'return' }],
]);

type Next = () => string;

const list = (text: string) => text.split(',');
const ports = (text: string) => list(text).map(portOf);

/** What an option matches; takes its values from `next`. @throws NotCovered */
const MATCHES: ReadonlyMap<string, (next: Next) => Matches> = new Map<string, (next: Next) => Matches>([
  ['-s', (next) => [{ from: [networkOf(next())] }]],
  ['-d', (next) => [{ to: [networkOf(next())] }]],
  ['--src-range', (next) => [{ from: rangeOf(next()) }]],
  ['--dst-range', (next) => [{ to: rangeOf(next()) }]],
  ['-p', (next) => protocolMatched(next())],
  ['-i', (next) => [{ interface: [interfaceOf(next())] }]],
  ['-o', (next) => [{ interface: [interfaceOf(next())] }]],
  ['--dport', (next) => [{ port: [portOf(next())] }]],
  ['--sport', (next) => [{ sourcePort: [portOf(next())] }]],
  ['--dports', (next) => [{ port: ports(next()) }]],
  ['--sports', (next) => [{ sourcePort: ports(next()) }]],
  ['--ports', (next) => eitherPort(ports(next()))],
  ['--tcp-flags', (next) => [{ flags: [flagsOf(list(next().toLowerCase()), list(next().toLowerCase()))] }]],
  ['--syn', () => [{ flags: [flagsOf(['fin', 'syn', 'rst', 'ack'], ['syn'])] }]],
  ['--icmp-type', (next) => icmpMatched(next())],
  ['--icmpv6-type', (next) => icmpMatched(next())],
  ['--ctstate', (next) => [{ states: list(next()) }]],
  ['--state', (next) => [{ states: list(next()) }]],
]);

/** Modules that add options, and say nothing by themselves. */
const MODULES = new Set([
  'tcp',
  'udp',
  'sctp',
  'icmp',
  'icmp6',
  'icmpv6',
  'ipv6-icmp',
  'multiport',
  'iprange',
  'conntrack',
  'state',
  'comment',
]);

const eitherPort = (given: readonly Value[]): Matches => [{ sourcePort: given }, { port: given }];

const protocolMatched = (name: string): Matches =>
  name === 'all' || name === '0' ? [{}] : [{ protocol: [protocolOf(name)] }];

function icmpMatched(type: string): Matches {
  if (type === 'any' || type === '255') return [{}];
  if (!/^\d+(\/\d+)?$/.test(type)) throw new NotCovered(`type ${type}: iptables-save writes numbers`);
  return [{ icmp: [/^\d+$/.test(type) ? Number(type) : type] }];
}

function rangeOf(range: string): readonly string[] {
  const [first = '', last = first] = range.split('-');
  return prefixesOf(networkOf(first), networkOf(last));
}

function interfaceOf(name: string): string {
  if (name.endsWith('+')) throw new NotCovered(`interfaces ${name}`);
  return name;
}

/** `family`: of the command that wrote it, if the text does not say. */
export function readIptables(text: string, family: 4 | 6): Reading {
  const chains: Steps = new Map();
  const policies: Policy[] = [];
  const left: Left[] = [];
  let table = '';
  for (const [index, written] of text.split('\n').entries()) {
    const place = { line: index + 1, text: written.trim() };
    const [first = '', ...words] = wordsOf(place.text);
    if (first === '' || first.startsWith('#') || first === 'COMMIT') continue;
    if (first.startsWith('*')) table = first.slice(1);
    else if (table !== 'filter') leaveTable(left, place, table);
    else if (first.startsWith(':'))
      readChain(place, first.slice(1), words[0] ?? '', { family, chains, policies, left });
    else if (first !== '-A' && first !== '--append')
      left.push({ ...place, why: `${first} is nothing that iptables-save writes` });
    else readStep(place, words, chains);
  }
  left.push(...leftOf(chains));
  const rules: ReadRule[] = [];
  for (const [chain, direction] of DIRECTIONS)
    for (const rule of rulesOf(chains, chain, { direction, outer: [{ family: [family] }] }))
      if ('why' in rule) left.push(rule);
      else rules.push(rule);
  return { rules, policies, left };
}

/** Rules of chains that no port has. */
function* leftOf(chains: Chains): Generator<Left> {
  for (const { line, text } of chains.get('FORWARD') ?? [])
    yield { line, text, why: 'chain FORWARD: only INPUT and OUTPUT are those of a port' };
}

/** Policies of other tables that let everything through say nothing. */
function leaveTable(left: Left[], place: Omit<Left, 'why'>, table: string): void {
  if (place.text.startsWith(':') && /^:\S+ (ACCEPT|-)/.test(place.text)) return;
  left.push({ ...place, why: `table ${table}: only filter is read` });
}

type Steps = Map<string, (Step | Left)[]>;

interface Sinks {
  readonly family: 4 | 6;
  readonly chains: Steps;
  readonly policies: Policy[];
  readonly left: Left[];
}

function readChain(place: Place, chain: string, policy: string, { family, chains, policies, left }: Sinks): void {
  chains.set(chain, []);
  const direction = DIRECTIONS.get(chain);
  const isDrop = policy === 'DROP';
  if (direction !== undefined) policies.push({ ...place, direction, family, action: isDrop ? 'drop' : 'allow' });
  else if (isDrop) left.push({ ...place, why: `chain ${chain}: only INPUT and OUTPUT are those of a port` });
}

function readStep(place: Place, [chain = '', ...options]: readonly string[], chains: Steps): void {
  const steps = chains.get(chain) ?? [];
  chains.set(chain, steps);
  try {
    steps.push({ ...place, ...stepOf(options) });
  } catch (error) {
    if (!(error instanceof NotCovered)) throw error;
    steps.push({ ...place, why: error.message });
  }
}

function stepOf(options: readonly string[]): Omit<Step, keyof Place> {
  const matches: Matches[] = [];
  let name: string | undefined;
  let target: string | undefined;
  const waiting = options.values();
  const next = () => waiting.next().value ?? '';
  for (let option = next(); option !== ''; option = next()) {
    if (option === '--comment') name = next().slice(0, 100);
    else if (option === '-m') requireModule(next());
    else if (option === '-j') target = next();
    else if (option === '--reject-with' && target === 'REJECT') next();
    else if (option === '!') matches.push(beside(matchOf(next(), next)));
    else matches.push(matchOf(option, next));
  }
  const does = doesOf(target);
  const note = target === 'REJECT' ? REJECTED : undefined;
  return { matches: all(matches), does, name, log: undefined, note };
}

function matchOf(option: string, next: Next): Matches {
  const read = MATCHES.get(option);
  if (read === undefined) throw new NotCovered(option);
  return read(next);
}

function requireModule(name: string): void {
  if (!MODULES.has(name)) throw new NotCovered(`-m ${name}`);
}

const doesOf = (target: string | undefined): Does =>
  target === undefined ? { action: 'nothing' } : (TARGETS.get(target) ?? { jump: target });

/** Words, those in quotes as one. */
function wordsOf(line: string): readonly string[] {
  const words = [...line.matchAll(/"((?:\\.|[^"\\])*)"|(\S+)/g)];
  return words.map(([, quoted, plain]) => quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
}
