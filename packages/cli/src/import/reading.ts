// What was read of another packet filter, before it becomes a configuration of the firewall.
import { protocolName, protocolNumbers } from '@twinpath/packet';
import type { Match, Value } from './match.ts';

/** What a rule of the firewall says beside what it matches. */
export interface Said {
  readonly name?: string;
  readonly action: 'allow' | 'drop';
  readonly log?: number;
}

/** A rule of the firewall's configuration, as YAML has it. */
export interface FirewallRule extends Said, Omit<Match, 'family' | 'states'> {
  readonly direction: 'in' | 'out';
}

/** Where it stands in the file. */
export interface Place {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

export interface ReadRule extends Place {
  readonly direction: 'in' | 'out';
  readonly match: Match;
  readonly said: Said;
  /** What is not the same here. */
  readonly note: string | undefined;
}

/** What there is no rule of ours for, or none that is quite the same. */
export interface Left extends Place {
  readonly why: string;
}

export interface Policy extends Place {
  readonly direction: 'in' | 'out';
  readonly family: 4 | 6 | undefined;
  readonly action: 'allow' | 'drop';
}

export interface Reading {
  readonly rules: readonly ReadRule[];
  readonly policies: readonly Policy[];
  readonly left: readonly Left[];
}

/** Of rules that answer. */
export const REJECTED = 'packets are dropped, and their senders are not told';

/** A rule that cannot be read is left, for this reason. */
export class NotCovered extends Error {
  override readonly name = 'NotCovered';
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ['ipv6-icmp', 'icmp6'],
  ['icmpv6', 'icmp6'],
]);

/** By its name in ours, or its number. @throws NotCovered */
export function protocolOf(given: string): Value {
  const name = NAMES.get(given) ?? given;
  if (Object.hasOwn(protocolNumbers, name)) return name;
  if (/^\d+$/.test(name) && Number(name) <= 255) return protocolName(Number(name));
  throw new NotCovered(`protocol ${given}`);
}

/** `'8000:8999'`, `'80-90'` or `'80'` as ours. @throws NotCovered for names of services */
export function portOf(given: string): number | string {
  const [, from = '', to] = /^(\d*)(?:[:-](\d*))?$/.exec(given) ?? [];
  if (from === '' && to === undefined) throw new NotCovered(`port ${given}: write its number`);
  if (to === undefined) return Number(from);
  return `${from === '' ? 0 : from}-${to === '' ? 65_535 : to}`;
}

/** With its number of bits, without those behind. @throws NotCovered */
export function networkOf(given: string): string {
  const [address = '', bits] = given.split('/');
  if (!/^[\d.]+$|:/.test(address)) throw new NotCovered(`address ${given}`);
  if (bits?.includes('.') || bits?.includes(':')) throw new NotCovered(`mask of ${given}`);
  return `${address}/${bits ?? (address.includes(':') ? 128 : 32)}`;
}

export const FLAGS = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr'];

/** Of the flags in `mask` exactly those in `set`, as ours. @throws NotCovered */
export function flagsOf(mask: readonly string[], set: readonly string[]): string {
  const all = (names: readonly string[]) =>
    names.flatMap((one) => (one === 'all' ? FLAGS.slice(0, 6) : one === 'none' ? [] : [one]));
  const [looked, wanted] = [all(mask), all(set)];
  const strange = [...looked, ...wanted].find((flag) => !FLAGS.includes(flag));
  if (strange !== undefined) throw new NotCovered(`TCP flag ${strange}`);
  if (looked.length === 0) throw new NotCovered('no TCP flag is looked at');
  if (wanted.some((flag) => !looked.includes(flag))) throw new NotCovered('no packet has these TCP flags');
  return looked.map((flag) => (wanted.includes(flag) ? flag : `!${flag}`)).join(' ');
}
