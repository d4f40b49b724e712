// Values in nft's rules.
import { z } from 'zod';
import { prefixesOf } from './networks.ts';
import { NotCovered, networkOf } from './reading.ts';

/** Elements of sets of a table, by `@name`. */
export type Sets = ReadonlyMap<string, readonly unknown[]>;

const Prefix = z.object({ prefix: z.object({ addr: z.string(), len: z.number() }) });
const End = z.number().or(z.string());
const Range = z.object({ range: z.tuple([End, End]) });
const Members = z.object({ set: z.array(z.unknown()) });
const Element = z.object({ elem: z.object({ val: z.unknown() }) });

/** A value, or those of a list, a set, a named set: prefixes and ranges as text. */
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

/** As nft calls them. */
const ICMP_TYPES: Readonly<Record<4 | 6, ReadonlyMap<string, number>>> = {
  4: new Map([
    ['echo-reply', 0],
    ['destination-unreachable', 3],
    ['source-quench', 4],
    ['redirect', 5],
    ['echo-request', 8],
    ['router-advertisement', 9],
    ['router-solicitation', 10],
    ['time-exceeded', 11],
    ['parameter-problem', 12],
    ['timestamp-request', 13],
    ['timestamp-reply', 14],
    ['info-request', 15],
    ['info-reply', 16],
    ['address-mask-request', 17],
    ['address-mask-reply', 18],
  ]),
  6: new Map([
    ['destination-unreachable', 1],
    ['packet-too-big', 2],
    ['time-exceeded', 3],
    ['parameter-problem', 4],
    ['echo-request', 128],
    ['echo-reply', 129],
    ['mld-listener-query', 130],
    ['mld-listener-report', 131],
    ['mld-listener-done', 132],
    ['mld-listener-reduction', 132],
    ['nd-router-solicit', 133],
    ['nd-router-advert', 134],
    ['nd-neighbor-solicit', 135],
    ['nd-neighbor-advert', 136],
    ['nd-redirect', 137],
    ['router-renumbering', 138],
    ['ind-neighbor-solicit', 141],
    ['ind-neighbor-advert', 142],
    ['mld2-listener-report', 143],
  ]),
};

/** Its number. @throws NotCovered */
export function icmpType(given: string, family: 4 | 6): number {
  const number = /^\d+$/.test(given) ? Number(given) : ICMP_TYPES[family].get(given);
  if (number === undefined) throw new NotCovered(`ICMP type ${given}: write its number`);
  return number;
}

/** Of an address, a prefix or a range of addresses. @throws NotCovered */
export function networksOf(given: string): readonly string[] {
  const [first = '', last] = given.split('-');
  return last === undefined ? [networkOf(given)] : prefixesOf(networkOf(first), networkOf(last));
}
