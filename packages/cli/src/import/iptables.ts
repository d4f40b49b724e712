// What iptables-save and ip6tables-save write.
import {
  type FirewallRule,
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

const DIRECTIONS: ReadonlyMap<string, 'in' | 'out'> = new Map([
  ['INPUT', 'in'],
  ['OUTPUT', 'out'],
]);
const ACTIONS: ReadonlyMap<string, 'allow' | 'drop'> = new Map([
  ['ACCEPT', 'allow'],
  ['DROP', 'drop'],
]);

interface Said extends FirewallRule {
  readonly states?: readonly string[];
}
/** What an option says; takes its values from `next`. @throws NotCovered */
type Option = (next: () => string) => Said;

const list = (text: string) => text.split(',');

const OPTIONS: ReadonlyMap<string, Option> = new Map<string, Option>([
  ['-m', (next) => moduleOf(next())],
  ['-s', (next) => ({ from: [networkOf(next())] })],
  ['-d', (next) => ({ to: [networkOf(next())] })],
  ['-p', (next) => protocolSaid(next())],
  ['-i', (next) => ({ interface: [interfaceOf(next())] })],
  ['-o', (next) => ({ interface: [interfaceOf(next())] })],
  ['--dport', (next) => ({ port: [portOf(next())] })],
  ['--sport', (next) => ({ sourcePort: [portOf(next())] })],
  ['--dports', (next) => ({ port: list(next()).map(portOf) })],
  ['--sports', (next) => ({ sourcePort: list(next()).map(portOf) })],
  ['--tcp-flags', (next) => ({ flags: [flagsOf(list(next().toLowerCase()), list(next().toLowerCase()))] })],
  ['--syn', () => ({ flags: [flagsOf(['fin', 'syn', 'rst', 'ack'], ['syn'])] })],
  ['--icmp-type', (next) => icmpSaid(next())],
  ['--icmpv6-type', (next) => icmpSaid(next())],
  ['--ctstate', (next) => ({ states: list(next()) })],
  ['--state', (next) => ({ states: list(next()) })],
  ['--comment', (next) => ({ name: next().slice(0, 100) })],
  ['-j', (next) => targetOf(next())],
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
  'conntrack',
  'state',
  'comment',
]);

function moduleOf(name: string): Said {
  if (MODULES.has(name)) return {};
  throw new NotCovered(`-m ${name}`);
}

const protocolSaid = (name: string): Said => (name === 'all' || name === '0' ? {} : { protocol: [protocolOf(name)] });

function icmpSaid(type: string): Said {
  if (type === 'any' || type === '255') return {};
  if (!/^\d+(\/\d+)?$/.test(type)) throw new NotCovered(`type ${type}: iptables-save writes numbers`);
  return { icmp: [/^\d+$/.test(type) ? Number(type) : type] };
}

function interfaceOf(name: string): string {
  if (name.endsWith('+')) throw new NotCovered(`interfaces ${name}`);
  return name;
}

function targetOf(name: string): Said {
  const action = ACTIONS.get(name);
  if (action === undefined) throw new NotCovered(`-j ${name}`);
  return { action };
}

/** `family`: of the command that wrote it, if the text does not say. */
export function readIptables(text: string, family: 4 | 6): Reading {
  const rules: ReadRule[] = [];
  const policies: Policy[] = [];
  const left: Left[] = [];
  let table = '';
  for (const [index, written] of text.split('\n').entries()) {
    const place = { line: index + 1, text: written.trim() };
    const [first = '', ...words] = wordsOf(place.text);
    if (first === '' || first.startsWith('#') || first === 'COMMIT') continue;
    if (first.startsWith('*')) table = first.slice(1);
    else if (table !== 'filter') leaveTable(left, place, table);
    else if (first.startsWith(':')) readChain(place, first.slice(1), words[0] ?? '', { family, policies, left });
    else readRule(place, [first, ...words], { family, rules, left });
  }
  return { rules, policies, left };
}

/** Policies of other tables that let everything through say nothing. */
function leaveTable(left: Left[], place: Omit<Left, 'why'>, table: string): void {
  if (place.text.startsWith(':') && /^:\S+ (ACCEPT|-)/.test(place.text)) return;
  left.push({ ...place, why: `table ${table}: only filter is read` });
}

type Sinks<T> = T & { readonly family: 4 | 6; readonly left: Left[] };

function readChain(
  place: Omit<Left, 'why'>,
  chain: string,
  policy: string,
  sinks: Sinks<{ readonly policies: Policy[] }>,
): void {
  const { family, policies, left } = sinks;
  const [direction, action] = [DIRECTIONS.get(chain), ACTIONS.get(policy)];
  if (direction !== undefined && action !== undefined) policies.push({ ...place, direction, family, action });
  else if (action === 'drop') left.push({ ...place, why: `chain ${chain}: only INPUT and OUTPUT are those of a port` });
}

function readRule(
  place: Omit<Left, 'why'>,
  words: readonly string[],
  sinks: Sinks<{ readonly rules: ReadRule[] }>,
): void {
  const { family, rules, left } = sinks;
  try {
    const [append, chain = '', ...options] = words;
    const direction = DIRECTIONS.get(chain);
    if (append !== '-A' && append !== '--append')
      throw new NotCovered(`${append} is nothing that iptables-save writes`);
    if (direction === undefined) throw new NotCovered(`chain ${chain}: only INPUT and OUTPUT are those of a port`);
    const { states, ...rule } = saidBy(options);
    if (rule.action === undefined) throw new NotCovered('it decides nothing');
    rules.push({ ...place, direction, family, rule, states });
  } catch (error) {
    if (!(error instanceof NotCovered)) throw error;
    left.push({ ...place, why: error.message });
  }
}

function saidBy(options: readonly string[]): Said {
  let said: Said = {};
  const waiting = options.values();
  for (const name of waiting) {
    const read = OPTIONS.get(name);
    if (read === undefined) throw new NotCovered(name === '!' ? 'negation' : name);
    const more = read(() => waiting.next().value ?? '');
    const twice = Object.keys(more).find((member) => Object.hasOwn(said, member));
    if (twice !== undefined) throw new NotCovered(`two matches of ${twice}`);
    said = { ...said, ...more };
  }
  return said;
}

/** Words, those in quotes as one. */
function wordsOf(line: string): readonly string[] {
  const words = [...line.matchAll(/"((?:\\.|[^"\\])*)"|(\S+)/g)];
  return words.map(([, quoted, plain]) => quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
}
