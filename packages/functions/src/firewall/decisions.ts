// What decides about a packet, as one number that the fast path can keep: a rule, or one of these.
import type { Config } from './config.ts';
import { ruleIds, ruleName } from './rule-id.ts';

/** Rules have the numbers below. */
export const BY_OPTIONS = 0x8000_0000;
export const BY_NEIGHBOUR = 0x8000_0001;
export const BY_OTHER_TYPE = 0x8000_0002;
export const BY_FRAGMENT = 0x8000_0003;
export const BY_UNREADABLE = 0x8000_0004;
export const BY_OPENING = 0x8000_0005;
export const BY_UNKNOWN_ERROR = 0x8000_0006;
/** Also in `flows` and `opening`. */
export const BY_NO_RULE = 0xffff_ffff;

const NAMES: ReadonlyMap<number, string> = new Map([
  [BY_OPTIONS, 'options'],
  [BY_NEIGHBOUR, 'neighbour discovery'],
  [BY_OTHER_TYPE, 'otherTypes'],
  [BY_FRAGMENT, 'laterFragments'],
  [BY_UNREADABLE, 'unreadable header'],
  [BY_OPENING, 'opening'],
  [BY_UNKNOWN_ERROR, 'ICMP error about no known flow'],
  [BY_NO_RULE, 'otherwise'],
]);

/** `rules[3]` and the rule's name if it has one; else the member of the configuration that decided, or what always holds. */
export function nameOfDecision(decision: number, { rules }: Pick<Config, 'rules'>): string {
  const known = NAMES.get(decision);
  if (known !== undefined) return known;
  const index = ruleIds(rules).indexOf(decision);
  const rule = rules[index];
  return rule === undefined ? 'a rule that is gone' : ruleName(rule, index);
}
