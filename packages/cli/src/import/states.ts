// States of connection tracking, where the firewall has its table of flows: known flows pass before all rules, so that rules are asked
// about the others alone. What those are to the kernel follows from the packet (nf_conntrack_proto_tcp.c, nf_conntrack_proto_icmp.c):
// TCP is NEW with SYN alone or with ACK alone, ICMP with a question, and INVALID otherwise; UDP and the rest are NEW.
import { beside, both, type Match, type Matches } from './match.ts';
import { type Left, NotCovered, type Policy, type ReadRule } from './reading.ts';

const FLAGS_OF_NEW = [{ flags: ['syn !ack !fin !rst', 'ack !syn !fin !rst'] }];
const QUESTIONS_4 = [{ icmp: [8, 13, 15, 17] }];
/** Echo and node information (RFC 4620). */
const QUESTIONS_6 = [{ icmp: [128, 139] }];
/** Neighbour and listener discovery is never tracked. */
const UNTRACKED_6 = [{ icmp: [130, 131, 132, 133, 134, 135, 136, 143] }];

const TCP = [{ protocol: ['tcp'] }];
const ICMP = [{ family: [4], protocol: ['icmp'] }];
const ICMP_6 = [{ family: [6], protocol: ['icmp6'] }];
/** Their states are not seen in what rules ask; 33 is DCCP. */
const OTHERS = beside([{ protocol: ['tcp', 'icmp', 'icmp6', 'sctp', 33] }]);
const TOLD_APART = [...TCP, ...ICMP, ...ICMP_6, ...OTHERS];

/** Packets of no known flow. */
const OF_STATE: ReadonlyMap<string, Matches> = new Map([
  ['NEW', [...both(TCP, FLAGS_OF_NEW), ...both(ICMP, QUESTIONS_4), ...both(ICMP_6, QUESTIONS_6), ...OTHERS]],
  [
    'INVALID',
    [
      ...both(TCP, beside(FLAGS_OF_NEW)),
      ...both(ICMP, beside(QUESTIONS_4)),
      ...both(ICMP_6, beside([...QUESTIONS_6, ...UNTRACKED_6])),
    ],
  ],
  ['ESTABLISHED', []],
  ['RELATED', []],
]);

const isOfKnown = (state: unknown) => state === 'ESTABLISHED' || state === 'RELATED';

/** Directions and families in which known flows pass before anything is dropped that could be theirs. */
export class States {
  readonly #accepting = new Set<string>();
  readonly #dropping = new Set<string>();
  readonly #late = new Set<ReadRule>();

  constructor(rules: readonly ReadRule[]) {
    for (const rule of rules) {
      const keys = keysOf(rule.direction, rule.match.family);
      if (isImplied(rule)) {
        if (keys.some((key) => this.#dropping.has(key))) this.#late.add(rule);
        else for (const key of keys) this.#accepting.add(key);
      } else if (rule.said.action === 'drop' && (rule.match.states?.some(isOfKnown) ?? true)) {
        for (const key of keys) if (!this.#accepting.has(key)) this.#dropping.add(key);
      }
    }
  }

  /** What the rule matches of packets that rules are asked about. @throws NotCovered */
  withoutStates(rule: ReadRule): Matches {
    const { states, ...match } = rule.match;
    if (states === undefined) return [match];
    if (this.#late.has(rule))
      throw new NotCovered('known flows pass before all rules here, and rules before this one drop');
    if (isImplied(rule)) return [];
    if (!keysOf(rule.direction, match.family).every((key) => this.#accepting.has(key)))
      throw new NotCovered(`${states.join(', ')} where no rule accepts ESTABLISHED`);
    if (both([match], TOLD_APART).length === 0) throw new NotCovered(`states of ${match.protocol?.join(', ')}`);
    return states.flatMap((state) => {
      const ofState = OF_STATE.get(String(state));
      if (ofState === undefined) throw new NotCovered(`state ${state}`);
      return both([match], ofState);
    });
  }

  /** What is not the same here. */
  noteOf(rule: ReadRule): string | undefined {
    const { states = [] } = rule.match;
    if (states.includes('INVALID')) return 'no packet of a known flow is INVALID: sequence numbers are not followed';
    if (isImplied(rule) && !states.includes('RELATED')) return 'ICMP errors about known flows pass too';
    return undefined;
  }

  /** A chain that drops packets of known flows, which pass here. */
  missing({ direction, family, action, line, text }: Policy): readonly Left[] {
    const keys = keysOf(direction, family === undefined ? undefined : [family]);
    const isSame = keys.every((key) => this.#accepting.has(key) || (action === 'allow' && !this.#dropping.has(key)));
    if (isSame) return [];
    return [{ line, text, why: 'it does not accept ESTABLISHED, but packets of known flows pass here both ways' }];
  }
}

/** It accepts what belongs to known flows, and asks nothing else. */
function isImplied({ said, match: { states, family: _, ...match } }: ReadRule): boolean {
  return (
    said.action === 'allow' && states?.includes('ESTABLISHED') === true && states.every(isOfKnown) && isEmpty(match)
  );
}

const isEmpty = (match: Match) => Object.keys(match).length === 0;

const keysOf = (direction: 'in' | 'out', family: Match['family']) =>
  (family ?? [4, 6]).map((one) => `${direction} ${one}`);
