// 3xxx: packets, views and the values in them.

import type { PACKETS } from '../frontend/diagnostics/packets.ts';
import { type Explanation, inEgress, inFastPath } from './explanation.ts';

const IP = 'const ip = packet.ip();\nif (!ip) return next;\n';

export const OF_PACKETS: Readonly<Record<keyof typeof PACKETS, Explanation>> = {
  TP3001: {
    reason: 'Names are kept as numbers, each kind with numbers of its own: equal numbers of two kinds mean nothing.',
    example: inFastPath('drop, next', `${IP}return packet.port === ip.protocol ? drop : next;`),
  },
  TP3002: {
    reason: 'Enumerations are translated name by name. For one that the other does not have there is no number.',
    example: inFastPath(
      'next, oneOf, table, u32',
      'const flow = flows.lookup(packet.length);\nif (flow) closed.put(packet.length, { state: flow.state });\nreturn next;',
      {
        before:
          "const flows = table({ key: u32, value: { state: oneOf('open', 'closed') }, max: 16 });\nconst closed = table({ key: u32, value: { state: oneOf('closed') }, max: 16 });",
        members: 'tables: { flows, closed },',
      },
    ),
  },
  TP3003: {
    reason: 'A key or value with a hole in it would be filled with zeros that nobody meant.',
    example: inFastPath('next, table, u32', 'flows.put(packet.length, { first: 1 });\nreturn next;', {
      before: 'const flows = table({ key: u32, value: { first: u32, last: u32 }, max: 16 });',
      members: 'tables: { flows },',
    }),
  },
  TP3004: {
    reason: 'Such a field has its own way to change (count, lock), or belongs to Node.',
    example: inFastPath(
      'next, table, traffic, u32',
      'flows.put(packet.length, { traffic: { packets: 1, bytes: 60 } });\nreturn next;',
      {
        before: 'const flows = table({ key: u32, value: { traffic }, max: 16 });',
        members: 'tables: { flows },',
      },
    ),
  },
  TP3005: {
    reason: 'The type of the place says what may stand there.',
    example: inFastPath('drop, next, within', "return within(packet.length, '10.0.0.0/8') ? drop : next;"),
  },
  TP3006: {
    reason:
      'A store cuts off what does not fit, as into a typed array. It is a warning, because sometimes that is meant.',
    example: inFastPath(
      'next, table, u32, u8',
      'const flow = flows.lookup(1);\nif (flow) flow.size = packet.length;\nreturn next;',
      {
        before: 'const flows = table({ key: u32, value: { size: u8 }, max: 16 });',
        members: 'tables: { flows },',
      },
    ),
  },
  TP3007: {
    reason: 'The name is a number in the packet, and this one has none: a comparison with it would always be false.',
    example: inFastPath('drop, next', `${IP}return ip.protocol === 'tpc' ? drop : next;`),
  },
  TP3008: {
    reason: 'Four bytes have no room for it.',
    example: inFastPath(
      'drop, hash, next',
      "const flow = packet.ipv4()?.flow();\nif (!flow) return next;\nreturn hash({ ...flow, dst: '2001:db8::1' }) % 2 === 0 ? drop : next;",
    ),
  },
  TP3009: {
    reason:
      'Headers have the fields of their declaration. One that is there for Node only, or not compiled yet, is named so in the reference.',
    example: inFastPath('drop, next', `${IP}return ip.ttl < 2 ? drop : next;`),
  },
  TP3010: {
    reason: 'Values of different kinds are never equal; a comparison of them is a slip.',
    example: inFastPath('drop, next', `${IP}return ip.src === ip.protocol ? drop : next;`),
  },
  TP3011: {
    reason: 'Other bytes of the packet follow from it: written alone it would contradict them.',
    example: inFastPath('next', `${IP}ip.protocol = 'udp';\nreturn next;`),
  },
  TP3012: {
    reason: 'Bits behind the length of a prefix must be zero: it is not known which of the two is wrong.',
    example: inFastPath('drop, next, within', `${IP}return within(ip.src, '10.0.0.1/8') ? drop : next;`),
  },
  TP3013: {
    reason: 'The function runs on Node only, or is not compiled yet.',
    example: inFastPath('drop, frame, next', 'return frame() ? drop : next;'),
  },
  TP3014: {
    reason: 'A header that was moved lies elsewhere; the old place may be outside of the packet.',
    example: inFastPath(
      'drop, next',
      'const ip = packet.ip();\nif (!ip || !packet.pushVlan(7)) return next;\nreturn ip.hops < 2 ? drop : next;',
    ),
  },
  TP3015: {
    reason:
      'In tc the kernel has read the headers already and keeps beside the packet which protocol it is; it can be told of tunnels in IP only.',
    example: inEgress('drop, header, next, u32', 'return packet.encapsulate(label({ value: 7 })) ? next : drop;', {
      before: 'const label = header({ value: u32 });',
    }),
  },
  TP3016: {
    reason:
      'The hardware may still have to finish a checksum there, that of the tunnel or one inside: tc does not say which. XDP takes all for finished.',
    example: inEgress(
      'bits, header, next, u8',
      'const inner = packet.ip()?.udp()?.next(vxlan)?.ip();\nif (inner) inner.hops = 64;\nreturn next;',
      { before: 'const vxlan = header({ flags: u8, reserved: bits(24), network: bits(24), spare: u8 });' },
    ),
  },
  TP3017: {
    reason: 'What follows the header lies so many bytes behind its beginning.',
    example: inFastPath('drop, header, next, u8', 'return packet.ip()?.udp()?.next(sized) ? next : drop;', {
      before: 'const sized = header({ words: u8, kind: u8 }, { bytes: ({ kind }) => kind === 1 });',
    }),
  },
  TP3018: {
    reason:
      'The checksum is that of a pseudo header with both addresses (RFC 768); zero, no checksum, is allowed in tunnels (RFC 6935).',
    example: inFastPath(
      'next, udpHeader',
      'packet.encapsulate(udpHeader({ sport: 4789, dport: 4789 }));\nreturn next;',
    ),
  },
};
