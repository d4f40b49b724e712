// 3xxx: packets, views and the values in them.

import type { DiagnosticTexts } from './text.ts';

export const PACKETS = {
  TP3001: {
    severity: 'error',
    message: 'a name of one kind ({0}) is not one of another ({1})',
    hint: 'compare or store names of the same declaration',
  },
  TP3002: {
    severity: 'error',
    message: "'{0}' is none of {1}",
    hint: 'the enumeration that it goes into must have every name of the one that it comes from',
  },
  TP3003: {
    severity: 'error',
    message: "the field '{0}' is missing",
    hint: 'a key and a new entry need every field of the declared shape; only traffic and guard start by themselves',
  },
  TP3004: {
    severity: 'error',
    message: 'a field of type {0} cannot be written by the fast path',
    hint: 'Node writes it, through the live table of the instance',
  },
  TP3005: {
    severity: 'error',
    message: '{0} is wanted here, not {1}',
    hint: 'see the declaration of the table, header or function that takes it',
  },
  TP3006: {
    severity: 'warning',
    message: 'the value, {0}, may not fit into the field, {1}: it is stored modulo its width',
    hint: 'say that you mean it: & 0xff, % 65536, Math.min(…)',
  },
  TP3007: {
    severity: 'error',
    message: "there is no {1} '{0}'",
    hint: 'names are those of the declaration; a number stands for a protocol or type without a name',
  },
  TP3008: {
    severity: 'error',
    message: 'an IPv6 address cannot stand where an IPv4 address is kept',
    hint: 'test it before: isIp4(address), sameFamily(a, b)',
  },
  TP3009: {
    severity: 'error',
    message: "a {1} has no '{0}'",
    hint: 'it has {2}',
  },
  TP3010: {
    severity: 'error',
    message: "'{0}' cannot be compared with {1}",
    hint: 'addresses are compared with addresses of a kind, names with names of the same list',
  },
  TP3011: {
    severity: 'error',
    message: "'{0}' of a {1} cannot be written",
    hint: 'it follows from the packet; fields that can be written are named in the reference of the header',
  },
  TP3012: {
    severity: 'error',
    message: "'{0}' is no network: {1}",
    hint: "write it as '192.0.2.0/24', '2001:db8::/32' or, for MAC addresses, '01:80:c2:00:00:00/44'",
  },
  TP3013: {
    severity: 'error',
    message: "'{0}' cannot be called in a fast path",
    hint: 'it is a declaration at module level, or a function of the slow path',
  },
  TP3014: {
    severity: 'error',
    message: "this view is of the packet as it was before '{0}' moved it",
    hint: 'take the view again from the packet, or use the one that the call returned',
  },
  TP3015: {
    severity: 'error',
    message: "'{0}' cannot be done on {1}",
    hint: 'put ipHeader({ … }) in front, or do it in an ingress fast path on XDP',
  },
  TP3016: {
    severity: 'error',
    message: "'{0}' of a header inside a tunnel cannot be written on {1}",
    hint: 'take the packet out of its tunnel first: packet.decapsulate(inner)',
  },
  TP3017: {
    severity: 'error',
    message: "the length of a header is a number, and its 'bytes' gives {0}",
    hint: 'give a number of bytes on every way through it: the header with all that belongs to it',
  },
  TP3018: {
    severity: 'error',
    message: 'a UDP checksum covers the addresses in front of it, and there is no IP header',
    hint: 'put ipHeader({ … }) in front of udpHeader({ … }), or leave the checksum out: checksum: false',
  },
} as const satisfies DiagnosticTexts;
