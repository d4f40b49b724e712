import { getU16, setU16 } from '../bytes/big-endian.ts';
import type { Ip6 } from '../types/values.ts';
import { AddressError } from './address-error.ts';
import { ip4ToNumber, readIp4 } from './ip4.ts';

const GROUPS = 8;
const HINT = "write it as in RFC 4291, such as '2001:db8::1', without zone or brackets";

/** Puts the address into the 16 bytes at `at`; any form of RFC 4291 section 2.2. @throws AddressError, also for zone ids. */
export function writeIp6(address: Ip6, bytes: Uint8Array, at: number): void {
  groupsOf(address).forEach((group, index) => {
    setU16(bytes, at + 2 * index, group);
  });
}

function groupsOf(address: string): readonly number[] {
  if (address.includes('%')) throw bad(address, 'it names a zone, which means something on one host only');
  const halves = address.split('::');
  if (halves.length > 2) throw bad(address, "it has more than one '::'");
  const [before = '', after] = halves;
  if (after === undefined) {
    const groups = half(address, before, true);
    if (groups.length !== GROUPS) throw bad(address, `it has ${groups.length} of ${GROUPS} groups and no '::'`);
    return groups;
  }
  const front = half(address, before, false);
  const back = half(address, after, true);
  const missing = GROUPS - front.length - back.length;
  if (missing < 1)
    throw bad(address, `'::' stands for nothing, there are ${front.length + back.length} groups already`);
  return [...front, ...new Array<number>(missing).fill(0), ...back];
}

/** An IPv4 address may be the last two groups. */
function half(address: string, text: string, isLast: boolean): readonly number[] {
  if (text === '') return [];
  const parts = text.split(':');
  return parts.flatMap((part, index) => {
    if (isLast && index === parts.length - 1 && part.includes('.')) return embeddedIp4(address, part);
    if (!/^[0-9a-fA-F]{1,4}$/.test(part)) throw bad(address, `'${part}' is no group of 1 to 4 hexadecimal digits`);
    return [Number.parseInt(part, 16)];
  });
}

function embeddedIp4(address: string, part: string): number[] {
  try {
    const value = ip4ToNumber(part);
    return [value >>> 16, value & 0xffff];
  } catch (cause) {
    const why = cause instanceof AddressError ? cause.message : String(cause);
    throw bad(address, `its end is no IPv4 address (${why})`);
  }
}

function bad(address: string, why: string): AddressError {
  return new AddressError('an IPv6 address', address, why, HINT);
}

/** The address in the 16 bytes at `at`, in the form of RFC 5952; IPv4-mapped ones end in dotted decimal (section 5). */
export function readIp6(bytes: Uint8Array, at: number): Ip6 {
  const run = longestZeroRun(bytes, at);
  if (run.first === 0 && run.length === 5 && getU16(bytes, at + 10) === 0xffff)
    return `::ffff:${readIp4(bytes, at + 12)}`;
  let text = '';
  for (let group = 0; group < GROUPS; group++) {
    if (group === run.first) {
      text += '::';
      group += run.length - 1;
      continue;
    }
    if (text !== '' && !text.endsWith(':')) text += ':';
    text += getU16(bytes, at + 2 * group).toString(16);
  }
  return text;
}

/** Two groups or more; the first one of the longest (RFC 5952 section 4.2). */
function longestZeroRun(bytes: Uint8Array, at: number): { first: number; length: number } {
  const best = { first: -1, length: 1 };
  let length = 0;
  for (let group = 0; group < GROUPS; group++) {
    length = getU16(bytes, at + 2 * group) === 0 ? length + 1 : 0;
    if (length > best.length) {
      best.first = group - length + 1;
      best.length = length;
    }
  }
  return best;
}
