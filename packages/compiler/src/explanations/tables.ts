// 4xxx: tables and counters. 5xxx: verdicts, reasons and hooks.

import type { TABLES, VERDICTS } from '../frontend/diagnostics/tables.ts';
import { type Explanation, inEgress, inFastPath } from './explanation.ts';

const IP = 'const ip = packet.ip();\nif (!ip) return next;\n';
const FLOWS = {
  before: 'const flows = table({ key: u32, value: { seen: u32, traffic }, max: 16 });',
  members: 'tables: { flows },',
};
const BY_ADDRESS = {
  before: 'const hosts = table({ key: { src: ip, dst: ip }, value: { seen: u32 }, max: 16 });',
  members: 'tables: { hosts },',
};

export const OF_TABLES: Readonly<Record<keyof typeof TABLES, Explanation>> = {
  TP4001: {
    reason:
      'A table with addresses in its key is one kernel map for IPv4 and one for IPv6. Which one is asked is decided while compiling.',
    example: inFastPath(
      'ip, next, table, u32',
      'hosts.remove({ src: packet.port, dst: packet.port });\nreturn next;',
      BY_ADDRESS,
    ),
  },
  TP4002: {
    reason: 'No map holds such a key: each has room for addresses of its own family.',
    example: inFastPath(
      'ip, next, table, u32',
      "const header = packet.ipv4();\nif (header) hosts.remove({ src: header.src, dst: '2001:db8::1' });\nreturn next;",
      BY_ADDRESS,
    ),
  },
  TP4003: {
    reason: 'Entries have the fields of the declared value; a traffic field is counted into, not assigned.',
    example: inFastPath(
      'drop, next, table, traffic, u32',
      'return flows.lookup(packet.length)?.sean === 1 ? drop : next;',
      FLOWS,
    ),
  },
  TP4004: {
    reason: 'What was only looked at is not refreshed, and rules belong to the slow path.',
    example: inFastPath(
      'next, table, traffic, u32',
      'const flow = flows.peek(packet.length);\nif (flow) flow.seen = 1;\nreturn next;',
      FLOWS,
    ),
  },
  TP4005: {
    reason: 'Of the fields of an entry only traffic has a method.',
    example: inFastPath(
      'next, table, traffic, u32',
      'flows.lookup(packet.length)?.traffic.reset();\nreturn next;',
      FLOWS,
    ),
  },
  TP4006: {
    reason: 'The method cannot do without.',
    example: inFastPath('drop, next, table, traffic, u32', 'return flows.lookup() ? drop : next;', FLOWS),
  },
  TP4007: {
    reason:
      'A rule set has two generations, and only replace() keeps both right. A packet would write into the one that is going.',
    example: inFastPath('next, ruleSet, table, u32', 'sizes.put(packet.length, { seen: 1 });\nreturn next;', {
      before: 'const sizes = table({ key: u32, value: { seen: u32 }, max: 16 });\nconst rules = ruleSet({ sizes });',
      members: 'tables: { rules },',
    }),
  },
  TP4008: {
    reason: 'Each kind of table has its own methods in the fast path.',
    example: inFastPath('drop, next, table, traffic, u32', 'return flows.has(packet.length) ? drop : next;', FLOWS),
  },
  TP4009: {
    reason: 'Counters are slots of one map, made of those that are declared.',
    example: inFastPath('counters, drop', 'count.refuesd();\nreturn drop;', {
      before: "const count = counters({ refused: 'packets that were refused' });",
      members: 'counters: count,',
    }),
  },
  TP4010: {
    reason:
      'An entry that the kernel may evict at any time could take its lock with it; a per-CPU entry has one reader and writer.',
    none: 'vnf() refuses such a table before (TP1005)',
  },
  TP4011: {
    reason:
      'The kernel gives the memory of a removed entry to the next one that is inserted, on whichever CPU. What is removed by its key may be the entry that was found before.',
    example: inFastPath(
      'drop, next, table, u32',
      `const size = sizes.lookup(packet.length);
if (!size) return drop;
sizes.remove(packet.length);
return size.seen > 1 ? drop : next;`,
      { before: 'const sizes = table({ key: u32, value: { seen: u32 }, max: 16 });', members: 'tables: { sizes },' },
    ),
  },
  TP4012: {
    reason:
      'A lock is held with the CPU to itself, for a few instructions: the verifier allows no call in between, of tables, clocks or counters that were not touched before.',
    example: inFastPath(
      'drop, guard, lock, next, table, u32',
      `const size = sizes.lookup(packet.length);
if (!size) return drop;
{
  using _held = lock(size.guard);
  if (sizes.peek(14)) return drop;
  size.seen += 1;
}
return next;`,
      {
        before: 'const sizes = table({ key: u32, value: { seen: u32, guard }, max: 16 });',
        members: 'tables: { sizes },',
      },
    ),
  },
};

export const OF_VERDICTS: Readonly<Record<keyof typeof VERDICTS, Explanation>> = {
  TP5001: {
    reason: 'Every packet needs a verdict.',
    none: 'TP1054 says so before',
  },
  TP5002: {
    reason: 'Each hook of the kernel can do certain things with a packet, and what leaves the host came in by no port.',
    example: inEgress('bounce, next', 'return bounce;'),
  },
  TP5003: {
    reason:
      'A packet is handed over (packetIn), copied (packetCopy) or only told of (notice): each kind has a call of its own.',
    example: inFastPath('notice, slowPath', 'return slowPath(seen);', {
      before: "const seen = notice({ limit: '10/s' });",
      members: 'reasons: { seen },\n  slowPath: () => ({ seen() {} }),',
    }),
  },
  TP5004: {
    reason: 'An event is put together in memory of a fixed size, the same for every reason.',
    example: inFastPath('packetIn, slowPath, text', "return slowPath(seen, { a: 'a', b: 'b', c: 'c' });", {
      before: "const seen = packetIn({ limit: '10/s', metadata: { a: text(255), b: text(255), c: text(255) } });",
      members: 'reasons: { seen },\n  slowPath: () => ({ seen: (held) => held.drop() }),',
    }),
  },
  TP5006: {
    reason:
      'An XDP program runs before the kernel has made a packet that it could copy; a redirect sends the one frame that there is.',
    example: inFastPath('clone, next', "clone('monitor');\nreturn next;", { members: "ports: ['lan', 'monitor']," }),
  },
  TP5005: {
    reason:
      'Packets of local senders leave with a checksum that the hardware is to finish, and such a field is written in another way. Where the kernel says so is found in its BTF; XDP has no such packets to tell apart.',
    example: inEgress('next', `${IP}ip.src = ip.dst;\nreturn next;`),
  },
};
