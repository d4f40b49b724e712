import { icmpTypes } from '../dissect/icmp-type.ts';

/** By number: RFC 792, RFC 1812 section 5.2.7.1. Those without a name are written as their number. */
const unreachable4 = [
  'network',
  'host',
  'protocol',
  'port',
  'too-big',
  'source-route',
  '',
  '',
  '',
  '',
  '',
  '',
  '',
  'prohibited',
];
/** RFC 4443 section 3.1. */
const unreachable6 = ['no-route', 'prohibited', 'beyond-scope', 'address', 'port', 'policy', 'reject-route'];

/** Names of a message's codes; the index is the number. */
export function icmpCodes(version: 4 | 6, type: number): readonly string[] {
  if (type !== icmpTypes[version].unreachable) return [];
  return version === 4 ? unreachable4 : unreachable6;
}
