// Which packets a rule is about: sets of values that can be joined and turned round, so that the rules of other packet filters, with
// their chains and negations, become lists of ours.
import { formatPortRange, parsePortRange, protocolName } from '@twinpath/packet';
import { familyOf, innerOf, networksBeside } from './networks.ts';
import { NotCovered } from './reading.ts';

export type Value = string | number;
export type Member =
  | 'family'
  | 'from'
  | 'to'
  | 'protocol'
  | 'port'
  | 'sourcePort'
  | 'flags'
  | 'icmp'
  | 'interface'
  | 'states';

/** A packet matches if it does in every member, in a member by one value; what is left out matches everything. Protocols by name where
 *  there is one; flags as `'syn !ack'`; ICMP by number, `8`, `'3/4'`, `'9-255'`; states of connection tracking in capitals. */
export type Match = { readonly [M in Member]?: readonly Value[] };
const MEMBERS: readonly Member[] = [
  'family',
  'from',
  'to',
  'protocol',
  'port',
  'sourcePort',
  'flags',
  'icmp',
  'interface',
  'states',
];

/** A packet matches if it does one of them. */
export type Matches = readonly Match[];
export const EVERYTHING: Matches = [{}];

interface Kind {
  /** What two values have together. */
  both(one: Value, other: Value): Value | undefined;
  /** What none of these is. */
  beside(values: readonly Value[]): readonly Value[];
}

const BYTES = Array.from({ length: 256 }, (_, value) => value);
const STATES = ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED'];

const same = (one: Value, other: Value) => (one === other ? one : undefined);
const oneOf = (all: readonly Value[]): Kind => ({
  both: same,
  beside: (values) => all.filter((one) => !values.includes(one)),
});

const networks: Kind = {
  both: (one, other) => innerOf(String(one), String(other)),
  beside: (values) => networksBeside(values.map(String), familyOf(String(values[0]))),
};

const ports: Kind = {
  both(one, other) {
    const [a, b] = [parsePortRange(one), parsePortRange(other)];
    const [from, to] = [Math.max(a.from, b.from), Math.min(a.to, b.to)];
    return from > to ? undefined : formatPortRange({ from, to });
  },
  beside(values) {
    const free: Value[] = [];
    let next = 0;
    for (const { from, to } of values.map(parsePortRange).toSorted((a, b) => a.from - b.from)) {
      if (from > next) free.push(formatPortRange({ from: next, to: from - 1 }));
      next = Math.max(next, to + 1);
    }
    return next > 65_535 ? free : [...free, formatPortRange({ from: next, to: 65_535 })];
  },
};

const flags: Kind = {
  both(one, other) {
    const words = new Set(`${one} ${other}`.split(' '));
    return [...words].some((word) => words.has(`!${word}`)) ? undefined : [...words].join(' ');
  },
  /** Of each of the tests one flag that differs is enough. */
  beside(values) {
    const opposites = values.map((test): readonly Value[] => String(test).split(' ').map(opposite));
    const tests = opposites
      .reduce((all, test) => joined(flags, all, test))
      .map((test) => new Set(String(test).split(' ')));
    const widest = tests.filter((test) => !tests.some((wider) => wider !== test && wider.isSubsetOf(test)));
    return widest.map((test) => [...test].join(' '));
  },
};

const opposite = (word: string) => (word.startsWith('!') ? word.slice(1) : `!${word}`);

/** Type times 256 plus code, so that they are ranges of numbers as ports are. */
const icmp: Kind = {
  both(one, other) {
    const numbers = ports.both(numbersOf(one), numbersOf(other));
    return numbers === undefined ? undefined : typesIn(numbers)[0];
  },
  beside: (values) => ports.beside(values.map(numbersOf)).flatMap(typesIn),
};

function numbersOf(given: Value): Value {
  const [type = 0, code] = String(given).split('/');
  if (code !== undefined) return Number(type) * 256 + Number(code);
  const { from, to } = parsePortRange(type);
  return `${from * 256}-${to * 256 + 255}`;
}

function typesIn(numbers: Value): readonly Value[] {
  const { from, to } = parsePortRange(numbers);
  const types: Value[] = [];
  for (let next = from; next <= to; ) {
    const [type, behind] = [Math.floor(next / 256), Math.floor((to + 1) / 256)];
    const isWhole = next % 256 === 0 && type < behind;
    types.push(isWhole ? formatPortRange({ from: type, to: behind - 1 }) : `${type}/${next % 256}`);
    next = isWhole ? behind * 256 : next + 1;
  }
  return types;
}

const KINDS: Readonly<Record<Member, Kind>> = {
  family: oneOf([4, 6]),
  from: networks,
  to: networks,
  protocol: oneOf(BYTES.map((number) => protocolName(number))),
  port: ports,
  sourcePort: ports,
  flags,
  icmp,
  interface: {
    both: same,
    beside: () => {
      throw new NotCovered('all interfaces but some');
    },
  },
  states: oneOf(STATES),
};

const joined = ({ both }: Kind, some: readonly Value[], others: readonly Value[]): readonly Value[] => [
  ...new Set(some.flatMap((one) => others.flatMap((other) => both(one, other) ?? []))),
];

/** What matches one of `some` and one of `others`; none where no packet does. */
export function both(some: Matches, others: Matches): Matches {
  return some.flatMap((one) => others.flatMap((other) => together(one, other) ?? []));
}

/** What matches all of them. */
export const all = (given: readonly Matches[]): Matches => given.reduce(both, EVERYTHING);

function together(one: Match, other: Match): Match | undefined {
  const match: { [M in Member]?: readonly Value[] } = {};
  for (const member of MEMBERS) {
    const [a, b] = [one[member], other[member]];
    const values = a !== undefined && b !== undefined ? joined(KINDS[member], a, b) : (a ?? b);
    if (values === undefined) continue;
    if (values.length === 0) return undefined;
    match[member] = values;
  }
  return match;
}

/** What matches none of them. @throws NotCovered */
export function beside(matches: Matches): Matches {
  return all(
    matches.map((match) =>
      MEMBERS.flatMap((member) => {
        const values = match[member] === undefined ? [] : KINDS[member].beside(match[member]);
        return values.length === 0 ? [] : [{ [member]: values }];
      }),
    ),
  );
}
