// Rules as the classifier has them: one entry for each combination of what their lists name.
import type { Prefix, Protocol } from '@twinpath/vnf';
import type { Classes } from './classes.ts';
import type { Rule } from './rule.ts';
import { icmpNumber, isIp4Network } from './values.ts';

export const MOST_ENTRIES = 100_000;
export const MOST_LIMITS = 1024;

type PortRange = number | `${number}-${number}`;

export interface Match {
  readonly direction: Rule['direction'];
  readonly src: Prefix | undefined;
  readonly dst: Prefix | undefined;
  readonly protocol: Protocol | undefined;
  readonly sport: PortRange | undefined;
  /** Of ICMP the type in the upper byte, the code in the lower. */
  readonly dport: PortRange | undefined;
  readonly class: number | undefined;
}

/** How many entries a rule makes. */
export function entriesIn(rule: Rule, classes: Classes): number {
  const { protocol, sourcePort } = rule;
  const lists = [pairsOf(rule), protocol, sourcePort, targetsOf(rule), classes.matching(rule)];
  return lists.reduce((product, list) => product * (list?.length ?? 1), 1);
}

export function* entriesOf(rule: Rule, classes: Classes): Generator<Match> {
  const { direction } = rule;
  const targets = targetsOf(rule);
  const numbers = classes.matching(rule);
  for (const [src, dst] of pairsOf(rule))
    for (const protocol of each(rule.protocol))
      for (const sport of each(rule.sourcePort))
        for (const dport of each(targets))
          for (const number of each(numbers)) yield { direction, src, dst, protocol, sport, dport, class: number };
}

const each = <T>(list: readonly T[] | undefined): readonly (T | undefined)[] => list ?? [undefined];

/** No packet goes from one family to the other. */
function pairsOf({ from, to }: Rule): readonly (readonly [Prefix | undefined, Prefix | undefined])[] {
  return each(from).flatMap((src) =>
    each(to).flatMap((dst) => {
      const isPossible = src === undefined || dst === undefined || isIp4Network(src) === isIp4Network(dst);
      return isPossible ? [[src, dst] as const] : [];
    }),
  );
}

function targetsOf({ port, icmp, protocol }: Rule): readonly PortRange[] | undefined {
  const family = protocol?.includes('icmp') ? 4 : 6;
  return (
    port ??
    icmp?.map(({ type, last, code }): PortRange => {
      const number = icmpNumber(family, type) ?? 0;
      const first = number * 256;
      return code === undefined ? `${first}-${(last ?? number) * 256 + 255}` : first + code;
    })
  );
}
