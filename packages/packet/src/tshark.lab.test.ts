// An oracle: Wireshark's dissectors, where tshark is installed, read the same fields and judge the same checksums.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalIp } from './address/ip.ts';
import { texts } from './arbitrary/index.ts';
import { verifyChecksums } from './checksum/verify.ts';
import { writePcap } from './pcap/write-capture.ts';
import { packetFromText } from './text/packet-from-text.ts';
import { packetView } from './view/packet-view.ts';

const hasTshark = spawnSync('tshark', ['--version']).status === 0;
const COUNT = 3000;

const fields = [
  'eth.src',
  'eth.dst',
  'vlan.id',
  'ieee8021ad.id',
  'ip.src',
  'ip.dst',
  'ip.ttl',
  'ipv6.src',
  'ipv6.dst',
  'ipv6.hlim',
  'tcp.srcport',
  'tcp.dstport',
  'tcp.flags.syn',
  'udp.srcport',
  'udp.dstport',
  'sctp.srcport',
  'sctp.dstport',
  'icmp.ident',
  'icmpv6.echo.identifier',
  'icmpv6.nd.ns.target_address',
  'arp.src.proto_ipv4',
  'arp.src.hw_mac',
  'ip.checksum.status',
  'tcp.checksum.status',
  'udp.checksum.status',
  'icmp.checksum.status',
  'icmpv6.checksum.status',
] as const;
type Field = (typeof fields)[number];
type Reading = ReadonlyMap<Field, string>;

const preferences = [
  'ip.check_checksum:TRUE',
  'tcp.check_checksum:TRUE',
  'udp.check_checksum:TRUE',
  'ip.defragment:FALSE',
  'ipv6.defragment:FALSE',
  'tcp.desegment_tcp_streams:FALSE',
];

function readWithTshark(frames: readonly Uint8Array[]): readonly Reading[] {
  const folder = mkdtempSync(join(tmpdir(), 'twinpath-tshark-'));
  try {
    const file = join(folder, 'frames.pcap');
    writeFileSync(file, writePcap(frames.map((bytes) => ({ bytes }))));
    const options = [
      ...preferences.flatMap((preference) => ['-o', preference]),
      ...fields.flatMap((field) => ['-e', field]),
    ];
    const output = execFileSync('tshark', ['-n', '-r', file, '-T', 'fields', '-E', 'occurrence=f', ...options], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 1 << 26,
    });
    return output.trimEnd().split('\n').map(readLine);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readLine(line: string): Reading {
  const values = line.split('\t');
  return new Map(fields.map((field, index) => [field, asWeSayIt(field, values[index] ?? '')]));
}

const ILLEGAL_ZERO = '4'; // no UDP checksum in IPv6

function asWeSayIt(field: Field, value: string): string {
  if (field.endsWith('.status') && value === ILLEGAL_ZERO) return '0';
  // Their IPv6 addresses may end in dotted decimal where RFC 5952 does not say so.
  return value.includes('::') ? canonicalIp(value) : value;
}

const statusFields = {
  ipv4: 'ip.checksum.status',
  tcp: 'tcp.checksum.status',
  udp: 'udp.checksum.status',
  icmp: 'icmp.checksum.status',
  icmp6: 'icmpv6.checksum.status',
} as const;

/** What we read, under Wireshark's names; only fields that this packet has. */
function readWithViews(bytes: Uint8Array): Reading {
  const packet = packetView(bytes, { port: 'a', now: 0 });
  const eth = packet.ethernet();
  const tags = [eth?.vlan?.id, eth?.vlan?.inner?.id].filter((id) => id !== undefined);
  const [outer, inner] = tags.length === 2 ? tags : [undefined, tags[0]];
  const ip = packet.ip();
  const [tcp, udp, icmp, ports] = [ip?.tcp(), ip?.udp(), ip?.icmp(), ip?.ports()];
  const v4 = ip?.version === 4 ? ip : undefined;
  const v6 = ip?.version === 6 ? ip : undefined;
  const isEcho = icmp?.type === 'echo-request' || icmp?.type === 'echo-reply';
  const arp = packet.arp();
  const readings: [Field, string | number | undefined][] = [
    ['eth.src', eth?.src],
    ['eth.dst', eth?.dst],
    ['vlan.id', inner],
    ['ieee8021ad.id', outer],
    ['ip.src', v4?.src],
    ['ip.dst', v4?.dst],
    ['ip.ttl', v4?.hops],
    ['ipv6.src', v6?.src],
    ['ipv6.dst', v6?.dst],
    ['ipv6.hlim', v6?.hops],
    ['tcp.srcport', tcp?.sport],
    ['tcp.dstport', tcp?.dport],
    ['tcp.flags.syn', tcp && Number(tcp.syn)],
    ['udp.srcport', udp?.sport],
    ['udp.dstport', udp?.dport],
    ['sctp.srcport', ip?.protocol === 'sctp' ? ports?.sport : undefined],
    ['sctp.dstport', ip?.protocol === 'sctp' ? ports?.dport : undefined],
    ['icmp.ident', v4 && isEcho ? v4.flow()?.sport : undefined],
    ['icmpv6.echo.identifier', v6 && isEcho ? `0x${v6.flow()?.sport.toString(16).padStart(4, '0')}` : undefined],
    ['icmpv6.nd.ns.target_address', icmp?.type === 'neighbour-solicitation' ? icmp.neighbour()?.target : undefined],
    ['arp.src.proto_ipv4', arp?.senderIp],
    ['arp.src.hw_mac', arp?.senderMac],
    ...verifyChecksums(bytes).map(({ of, isRight }): [Field, number] => [statusFields[of], Number(isRight)]),
  ];
  return new Map(readings.flatMap(([field, value]) => (value === undefined ? [] : [[field, String(value)]])));
}

/** Every third one with a wrong checksum. Theirs reads nothing behind a mobility header (RFC 6275 section 6.1.1). */
function someFrames(): readonly Uint8Array[] {
  const readable = texts.filter((text) => !text.includes('mobility'));
  return fc.sample(readable, { numRuns: COUNT, seed: 1 }).map((text, index) => {
    const bytes = packetFromText(text);
    if (index % 3 !== 0) return bytes;
    for (const { at } of verifyChecksums(bytes).slice(-1)) bytes[at] = (bytes[at] ?? 0) ^ 0x10;
    return bytes;
  });
}

describe.skipIf(!hasTshark)('tshark', () => {
  const frames = hasTshark ? someFrames() : [];
  const theirs = hasTshark ? readWithTshark(frames) : [];

  it('reads every packet', () => {
    expect(theirs.length).toBe(COUNT);
  });

  it('sees the same fields and the same right and wrong checksums', () => {
    const differences = frames.flatMap((bytes, index) => {
      const reading = theirs[index];
      return [...readWithViews(bytes)].flatMap(([field, ours]) =>
        ours === reading?.get(field)
          ? []
          : [`${packetView(bytes, { port: 'a', now: 0 })}: ${field} is ${ours}, for tshark ${reading?.get(field)}`],
      );
    });
    expect(differences).toEqual([]);
  });

  it('was shown right and wrong checksums, many of each', () => {
    const statuses = theirs.flatMap((reading) => Object.values(statusFields).map((field) => reading.get(field)));
    for (const status of ['0', '1'])
      expect(statuses.filter((found) => found === status).length).toBeGreaterThan(COUNT / 10);
  });
});
