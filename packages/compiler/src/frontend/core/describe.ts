// Values in words, for messages.

import type { Value } from '../value.ts';

const WORDS: Readonly<Record<Exclude<Value['kind'], 'constant' | 'bytes' | 'view' | 'verdict'>, string>> = {
  undefined: 'undefined',
  object: 'a configuration or a constant object',
  integer: 'a number',
  boolean: 'true or false',
  opaque: 'a u64',
  name: 'a name',
  record: 'a record',
  entry: 'a table entry',
  table: 'a table',
  ruleSet: 'a rule set',
  counters: 'the counters',
  counter: 'a counter',
  reason: 'a reason',
  portGroup: 'a group of ports',
  lock: 'a lock',
  function: 'a function',
  intrinsic: 'a function',
};

const BYTES = { ip4: 'an IPv4 address', ip6: 'an IPv6 address', mac: 'a MAC address', text: 'a text' } as const;

export function describe(value: Value): string {
  switch (value.kind) {
    case 'constant':
      return typeof value.value === 'string' ? `'${value.value}'` : String(value.value);
    case 'bytes':
      return BYTES[value.type];
    case 'view':
      return value.type === 'packet' ? 'the packet' : `a header (${value.type})`;
    case 'verdict':
      return `the verdict ${value.verdict}`;
    default:
      return WORDS[value.kind];
  }
}
