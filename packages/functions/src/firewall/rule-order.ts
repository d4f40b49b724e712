// Rules in order, as the slow path reads them when one has a condition.
import { type FiveTuple, type Ip, type PacketView, within } from '@twinpath/vnf';
import type { Config } from './config.ts';
import type { Rule } from './rule.ts';
import { ruleIds } from './rule-id.ts';
import { isWithin } from './schedule.ts';
import { icmpStart, tcpStart } from './tables.ts';
import { icmpNumber } from './values.ts';

export type Direction = 'in' | 'out';

/** Rules whose time is over at `at`. */
export function rulesOver({ rules }: Config, at: Date): Set<number> {
  return idsWhere(rules, ({ when }) => when !== undefined && !isWithin(when, at));
}

/** Rules with a time that the configuration does not have any more: nobody would end what they allowed. */
export function rulesGone(before: Config, now: Config): Set<number> {
  const timed = ({ rules }: Config) => idsWhere(rules, ({ when }) => when !== undefined);
  return timed(before).difference(timed(now));
}

function idsWhere(rules: readonly Rule[], test: (rule: Rule) => boolean): Set<number> {
  return new Set(ruleIds(rules).filter((_, index) => rules[index] !== undefined && test(rules[index])));
}

export interface Question {
  readonly packet: PacketView;
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
  for (const [index, rule] of rules.entries()) {
    if (await matches(rule, question)) return { action: rule.action, rule: ruleIds(rules)[index] };
  }
  return { action: otherwise, rule: undefined };
}

async function matches(rule: Rule, { packet, flow, direction, at, addressesOf }: Question): Promise<boolean> {
  const { src, dst, sport, dport } = flow;
  return (
    (rule.direction ?? direction) === direction &&
    some(rule.protocol, (protocol) => protocol === flow.protocol) &&
    some(rule.from, (network) => within(src, network)) &&
    some(rule.to, (network) => within(dst, network)) &&
    some(rule.sourcePort, (range) => isPortIn(range, sport)) &&
    some(rule.port, (range) => isPortIn(range, dport)) &&
    hasFlags(rule, packet) &&
    hasIcmpType(rule, packet) &&
    some(rule.interface, (name) => name === packet.port) &&
    some(rule.vlan, (tag) => tag === (packet.ethernet()?.vlan?.id ?? 'none')) &&
    (rule.when === undefined || isWithin(rule.when, at)) &&
    (rule.toName === undefined || (await addressesOf(rule.toName)).includes(dst))
  );
}

const some = <T>(wanted: readonly T[] | undefined, test: (one: T) => boolean): boolean => wanted?.some(test) ?? true;

function hasFlags({ flags }: Rule, packet: PacketView): boolean {
  if (flags === undefined) return true;
  const tcp = packet.ip()?.next(tcpStart);
  return tcp !== undefined && flags.some(({ mask, value }) => (tcp.flags & mask) === value);
}

function hasIcmpType({ icmp }: Rule, packet: PacketView): boolean {
  const ip = packet.ip();
  if (icmp === undefined || ip === undefined) return icmp === undefined;
  const header = ip.next(icmpStart);
  if (header === undefined) return false;
  return icmp.some(({ type, last, code }) => {
    const first = icmpNumber(ip.version, type) ?? 256;
    return header.type >= first && header.type <= (last ?? first) && (code === undefined || header.code === code);
  });
}

function isPortIn(range: number | string, port: number): boolean {
  const [low = 0, high = low] = String(range).split('-').map(Number);
  return low <= port && port <= high;
}
