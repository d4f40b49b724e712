// Values in nft's rules.
import { icmpTypeNumber } from '@twinpath/packet';
import { z } from 'zod';
import { NotCovered } from './reading.ts';

/** Elements of sets of a table, by `@name`. */
export type Sets = ReadonlyMap<string, readonly unknown[]>;

const Prefix = z.object({ prefix: z.object({ addr: z.string(), len: z.number() }) });
const Range = z.object({ range: z.tuple([z.number(), z.number()]) });
const Members = z.object({ set: z.array(z.unknown()) });
const Element = z.object({ elem: z.object({ val: z.unknown() }) });

/** A value, or those of a list, a set, a named set: prefixes and ranges of numbers as text. */
export function texts(given: unknown, sets: Sets): readonly string[] {
  if (Array.isArray(given)) return given.flatMap((one: unknown) => texts(one, sets));
  if (typeof given === 'number') return [String(given)];
  if (typeof given === 'string') {
    const elements = sets.get(given);
    if (elements !== undefined) return elements.flatMap((one) => texts(one, sets));
    if (given.startsWith('@')) throw new NotCovered(`set ${given}`);
    return [given];
  }
  const members = Members.safeParse(given).data;
  if (members !== undefined) return members.set.flatMap((one) => texts(one, sets));
  const prefix = Prefix.safeParse(given).data?.prefix;
  if (prefix !== undefined) return [`${prefix.addr}/${prefix.len}`];
  const range = Range.safeParse(given).data?.range;
  if (range !== undefined) return [range.join('-')];
  const element = Element.safeParse(given).data;
  if (element !== undefined) return texts(element.elem.val, sets);
  throw new NotCovered(JSON.stringify(given));
}

const ICMP_NAMES: ReadonlyMap<string, string> = new Map([
  ['destination-unreachable', 'unreachable'],
  ['nd-router-solicit', 'router-solicitation'],
  ['nd-router-advert', 'router-advertisement'],
  ['nd-neighbor-solicit', 'neighbour-solicitation'],
  ['nd-neighbor-advert', 'neighbour-advertisement'],
  ['nd-redirect', 'redirect'],
]);

/** As ours. @throws NotCovered */
export function icmpType(given: string): number | string {
  if (/^\d+$/.test(given)) return Number(given);
  const name = ICMP_NAMES.get(given) ?? given;
  if (icmpTypeNumber(4, name) !== undefined || icmpTypeNumber(6, name) !== undefined) return name;
  throw new NotCovered(`ICMP type ${given}: write its number`);
}
