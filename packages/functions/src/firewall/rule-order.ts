// Rules as the classifier numbers them, and as the slow path reads them when one has a condition.
import { type FiveTuple, type Ip, within } from '@twinpath/vnf';
import type { Config, Rule } from './config.ts';
import { isWithin } from './schedule.ts';

export type Direction = 'in' | 'out';
type Action = 'allow' | 'drop' | 'ask';

/** What flows are marked with: the rule itself (FNV-1a of its text), not its place, which changes with the configuration. */
export function ruleId(rule: Rule): number {
  let hash = 0x811c_9dc5;
  for (const byte of Buffer.from(JSON.stringify(rule))) hash = Math.imul(hash ^ byte, 0x0100_0193);
  return hash >>> 1; // never NO_RULE
}

/** Rules whose time is over at `at`. */
export function rulesOver({ rules }: Config, at: Date): Set<number> {
  return new Set(rules.filter(({ when }) => when && !isWithin(when, at)).map(ruleId));
}

/** Rules with a time that the configuration does not have any more: nobody would end what they allowed. */
export function rulesGone(before: Config, now: Config): Set<number> {
  const timed = ({ rules }: Config) => rules.filter(({ when }) => when).map(ruleId);
  return new Set(timed(before)).difference(new Set(timed(now)));
}

/** One entry for each direction that a rule has, in the order of the rules. */
export function* classifierRules({ rules }: Config) {
  for (const rule of rules) {
    const id = ruleId(rule);
    for (const direction of directionsOf(rule)) {
      const { from: src, to: dst, protocol, port: dport } = rule;
      const action: Action = isConditional(rule) ? 'ask' : rule.action;
      yield { id, match: { direction, src, dst, protocol, dport }, action };
    }
  }
}

const directionsOf = ({ direction }: Rule): readonly Direction[] => (direction ? [direction] : ['in', 'out']);

export const isConditional = ({ toName, when }: Rule): boolean => toName !== undefined || when !== undefined;

export interface Question {
  readonly flow: FiveTuple;
  readonly direction: Direction;
  readonly at: Date;
  /** The addresses of a DNS name, now. */
  addressesOf(name: string): Promise<readonly Ip[]>;
}

export interface Decision {
  readonly action: 'allow' | 'drop' | 'offload';
  /** The rule that decided; `undefined`: none did. */
  readonly rule: number | undefined;
}

/** All rules again, in order, conditions included. */
export async function decide({ rules, otherwise }: Config, question: Question): Promise<Decision> {
  for (const rule of rules) {
    if (await matches(rule, question)) return { action: rule.action, rule: ruleId(rule) };
  }
  return { action: otherwise, rule: undefined };
}

async function matches(rule: Rule, { flow, direction, at, addressesOf }: Question): Promise<boolean> {
  if (rule.direction !== undefined && rule.direction !== direction) return false;
  if (rule.protocol !== undefined && rule.protocol !== flow.protocol) return false;
  if (rule.from !== undefined && !within(flow.src, rule.from)) return false;
  if (rule.to !== undefined && !within(flow.dst, rule.to)) return false;
  if (rule.port !== undefined && !portMatches(rule.port, flow.dport)) return false;
  if (rule.when !== undefined && !isWithin(rule.when, at)) return false;
  return rule.toName === undefined || (await addressesOf(rule.toName)).includes(flow.dst);
}

function portMatches(wanted: NonNullable<Rule['port']>, port: number): boolean {
  if (typeof wanted === 'number') return port === wanted;
  const [low = 0, high = 0] = wanted.split('-').map(Number);
  return low <= port && port <= high;
}
