// Message types: IANA "ICMP Type Numbers" and "ICMPv6 Type Numbers". One name for what both families have.
import type { IcmpType } from '../types/views.ts';

export const icmpTypes = {
  4: {
    'echo-reply': 0,
    unreachable: 3,
    redirect: 5,
    'echo-request': 8,
    'router-advertisement': 9,
    'router-solicitation': 10,
    'time-exceeded': 11,
    'parameter-problem': 12,
  },
  6: {
    unreachable: 1,
    'packet-too-big': 2,
    'time-exceeded': 3,
    'parameter-problem': 4,
    'echo-request': 128,
    'echo-reply': 129,
    'router-solicitation': 133,
    'router-advertisement': 134,
    'neighbour-solicitation': 135,
    'neighbour-advertisement': 136,
    redirect: 137,
  },
} as const;

const SOURCE_QUENCH = 4; // RFC 6633: deprecated, but it quotes

const errors = { 4: new Set([3, SOURCE_QUENCH, 5, 11, 12]), 6: new Set([1, 2, 3, 4]) };

const typeNames = [
  'echo-request',
  'echo-reply',
  'unreachable',
  'packet-too-big',
  'time-exceeded',
  'parameter-problem',
  'redirect',
  'router-solicitation',
  'router-advertisement',
  'neighbour-solicitation',
  'neighbour-advertisement',
] as const;

const numbers: Readonly<Record<4 | 6, ReadonlyMap<string, number>>> = {
  4: new Map(Object.entries(icmpTypes[4])),
  6: new Map(Object.entries(icmpTypes[6])),
};

const names = {
  4: new Map(typeNames.map((name) => [numbers[4].get(name), name])),
  6: new Map(typeNames.map((name) => [numbers[6].get(name), name])),
};

/** The name where the family has one, else the number. */
export function icmpTypeName(version: 4 | 6, number: number): IcmpType {
  return names[version].get(number) ?? number;
}

/** `undefined`: the family has no such type. */
export function icmpTypeNumber(version: 4 | 6, name: string): number | undefined {
  return numbers[version].get(name);
}

/** Whether messages of this type quote the packet that they are about. */
export function isErrorType(version: 4 | 6, number: number): boolean {
  return errors[version].has(number);
}

export function isEchoType(version: 4 | 6, number: number): boolean {
  return number === icmpTypes[version]['echo-request'] || number === icmpTypes[version]['echo-reply'];
}
