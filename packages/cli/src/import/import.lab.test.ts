// What is imported gives the verdicts of iptables and nftables themselves, on random rules and packets.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importVnf } from '@twinpath/compiler';
import { libraryFunctions } from '@twinpath/functions';
import { PacketSocket } from '@twinpath/linux';
import { packetFromText } from '@twinpath/packet';
import { createLab, type Host } from '@twinpath/testing/lab';
import { missingForKernel, startSimulation } from '@twinpath/testing/simulation';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { twinpath } from '../fixtures/twinpath.ts';

const PACKETS = 4000;
const RULES = 60;

type Family = 4 | 6;
/** A number from 0 to below `below`; the same in every run. */
type Random = (below: number) => number;

function randomOf(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const one = <T>(random: Random, of: readonly T[]): T => {
  const found = of[random(of.length)];
  if (found === undefined) throw new Error('there is none');
  return found;
};

const address = (family: Family, random: Random) =>
  family === 4 ? `10.0.${random(4)}.${random(8)}` : `fd00::${random(4)}:${random(8)}`;

function network(family: Family, random: Random): string {
  const [third, last] = [random(4), random(8)];
  if (family === 4) return one(random, [`10.0.${third}.${last}/32`, `10.0.${third}.0/24`, `10.0.${third & 2}.0/23`]);
  return one(random, [`fd00::${third}:${last}/128`, `fd00::${third}:0/112`, `fd00::${third & 2}:0/111`]);
}

const PORTS = [22, 53, 80, 443, 8000, 8080, 8999, 9000];
const FLAGS = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg'];
const TYPES = { 4: [0, 3, 8, 11, 13], 6: [1, 2, 3, 128, 129, 133] } as const;
const BOUNDS = ['22:53', '80', '443:8080', '8000:8999', '0:80'];

interface Match {
  readonly family: Family;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly protocol: string;
  readonly ports: string | undefined;
  readonly sport: string | undefined;
  readonly flags: readonly [mask: readonly string[], set: readonly string[]] | undefined;
  readonly icmp: number | undefined;
  readonly action: 'ACCEPT' | 'DROP';
}

function match(family: Family, random: Random): Match {
  const maybe = <T>(make: () => T) => (random(2) === 0 ? make() : undefined);
  const protocol = one(random, ['tcp', 'tcp', 'udp', 'icmp', 'all']);
  const hasPorts = protocol === 'tcp' || protocol === 'udp';
  const mask = FLAGS.filter(() => random(3) === 0);
  return {
    family,
    from: maybe(() => network(family, random)),
    to: maybe(() => network(family, random)),
    protocol,
    ports: hasPorts ? maybe(() => one(random, BOUNDS)) : undefined,
    sport: hasPorts && random(4) === 0 ? one(random, BOUNDS) : undefined,
    flags:
      protocol === 'tcp' && mask.length > 0 && random(3) === 0 ? [mask, mask.filter(() => random(2) === 0)] : undefined,
    icmp: protocol === 'icmp' ? maybe(() => one(random, TYPES[family])) : undefined,
    action: one(random, ['ACCEPT', 'DROP']),
  };
}

function iptablesRule({ family, from, to, protocol, ports, sport, flags, icmp, action }: Match): string {
  const names = (of: readonly string[]) => (of.length === 0 ? 'NONE' : of.join(',').toUpperCase());
  const icmpName = family === 4 ? 'icmp' : 'ipv6-icmp';
  const words = [
    ['-A INPUT'],
    from === undefined ? [] : [`-s ${from}`],
    to === undefined ? [] : [`-d ${to}`],
    protocol === 'all' ? [] : [`-p ${protocol === 'icmp' ? icmpName : protocol}`],
    sport === undefined ? [] : [`-m ${protocol} --sport ${sport}`],
    flags === undefined ? [] : [`--tcp-flags ${names(flags[0])} ${names(flags[1])}`],
    ports === undefined ? [] : [`-m multiport --dports ${ports},9000`],
    icmp === undefined ? [] : [family === 4 ? `--icmp-type ${icmp}` : `--icmpv6-type ${icmp}`],
    [`-j ${action}`],
  ];
  return words.flat().join(' ');
}

function nftRule({ family, from, to, protocol, ports, sport, flags, icmp, action }: Match): string {
  const [ip, icmpName] = family === 4 ? ['ip', 'icmp'] : ['ip6', 'icmpv6'];
  const range = (of: string) => of.replace(':', '-');
  const words = [
    [`meta nfproto ipv${family}`],
    from === undefined ? [] : [`${ip} saddr { ${from} }`],
    to === undefined ? [] : [`${ip} daddr ${to}`],
    protocol === 'all' ? [] : [`meta l4proto ${protocol === 'icmp' && family === 6 ? 'ipv6-icmp' : protocol}`],
    ports === undefined ? [] : [`${protocol} dport { ${range(ports)}, 9000 }`],
    sport === undefined ? [] : [`th sport ${range(sport)}`],
    flags === undefined
      ? []
      : [`tcp flags & (${flags[0].join('|')}) == ${flags[1].length === 0 ? '0' : flags[1].join('|')}`],
    icmp === undefined ? [] : [`${icmpName} type ${icmp}`],
    [`counter ${action.toLowerCase()}`],
  ];
  return words.flat().join(' ');
}

/** Numbered in a field that no rule asks: the identification of IPv4, the flow label of IPv6. */
function packets(random: Random): readonly Uint8Array[] {
  return Array.from({ length: PACKETS }, (_, index) => {
    const family = random(2) === 0 ? 4 : 6;
    const ip = `ip ${address(family, random)} > ${address(family, random)}`;
    const protocol = one(random, ['tcp', 'tcp', 'udp', 'icmp']);
    const ports = `${one(random, PORTS)} > ${one(random, PORTS)}`;
    if (protocol === 'icmp') {
      const bytes = packetFromText(`${ip} / ${family === 4 ? 'icmp' : 'icmp6'} echo-request id 1 sequence 1`);
      // No filter asks for checksums of ICMP.
      bytes[family === 4 ? 34 : 54] = one(random, TYPES[family]);
      return numbered(bytes, family, index + 1);
    }
    const flags = protocol === 'tcp' ? FLAGS.filter(() => random(3) === 0).join(' ') : '';
    return numbered(packetFromText(`${ip} / ${protocol} ${ports} ${flags}`), family, index + 1);
  });
}

function numbered(bytes: Uint8Array, family: Family, number: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (family === 6) view.setUint32(14, 0x6000_0000 | number);
  else {
    // RFC 1624: the identification was 0 or not, the checksum follows.
    const old = view.getUint16(18);
    let sum = (~view.getUint16(24) & 0xffff) + (~old & 0xffff) + number;
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    view.setUint16(18, number);
    view.setUint16(24, ~sum & 0xffff);
  }
  return bytes;
}

/** Behind all filters: which packets have come through. */
const SEEN = `table inet seen {
  set four { typeof ip id; flags dynamic; size 65535; }
  set six { typeof ip6 flowlabel; flags dynamic; size 65535; }
  set came4 { typeof ip id; flags dynamic; size 65535; }
  set came6 { typeof ip6 flowlabel; flags dynamic; size 65535; }
  chain first {
    type filter hook input priority -400; policy accept;
    iifname != "eth0" accept
    add @came4 { ip id }
    add @came6 { ip6 flowlabel }
  }
  chain last {
    type filter hook input priority 400; policy accept;
    iifname != "eth0" accept
    add @four { ip id }
    add @six { ip6 flowlabel }
  }
}
`;

async function numbersIn(host: Host, sets: readonly string[]): Promise<ReadonlySet<number>> {
  const found = await Promise.all(
    sets.map(async (name) => {
      const { stdout } = await host.exec('nft', ['-j', 'list', 'set', 'inet', 'seen', name]);
      return [...String(stdout).matchAll(/"elem": \[([^\]]*)\]/g)].flatMap(([, list = '']) =>
        list.split(',').map(Number),
      );
    }),
  );
  return new Set(found.flat());
}

type Filter = (host: Host, folder: string, random: Random) => Promise<readonly string[]>;

const rulesOf = (random: Random) => Array.from({ length: RULES }, (_, index) => match(index % 2 === 0 ? 4 : 6, random));

const iptables: Filter = async (host, folder, random) => {
  const rules = rulesOf(random);
  const files = ([4, 6] as const).map(async (family) => {
    const command = family === 4 ? 'iptables' : 'ip6tables';
    const file = join(folder, command);
    const own = rules.filter((rule) => rule.family === family).map(iptablesRule);
    writeFileSync(file, ['*filter', `:INPUT ${family === 4 ? 'DROP' : 'ACCEPT'}`, ...own, 'COMMIT', ''].join('\n'));
    await host.exec(`${command}-restore`, [file]);
    writeFileSync(file, String((await host.exec(`${command}-save`)).stdout));
    return file;
  });
  return ['iptables', ...(await Promise.all(files))];
};

const nft: Filter = async (host, folder, random) => {
  const file = join(folder, 'ruleset');
  const chain = ['type filter hook input priority 0; policy drop;', ...rulesOf(random).map(nftRule)];
  writeFileSync(file, `table inet filter {\n chain input {\n ${chain.join('\n ')}\n }\n}\n`);
  await host.exec('nft', ['-f', file]);
  writeFileSync(file, String((await host.exec('nft', ['-j', 'list', 'ruleset'])).stdout));
  return ['nft', file];
};

const isMissing =
  missingForKernel() !== undefined || !['iptables', 'nft'].every((name) => existsSync(`/usr/sbin/${name}`));

test.skipIf(isMissing).each([
  ['iptables', iptables, 1],
  ['nftables', nft, 2],
] as const)('imported rules give the verdicts of %s itself', async (_, filter, seed) => {
  const random = randomOf(seed);
  await using lab = createLab('tp-import');
  const [sender, host] = [lab.host('sender'), lab.host('filter')];
  lab.link(sender, 'eth0', host, 'eth0');
  for (const scope of ['all', 'eth0']) {
    host.sysctl(`net.ipv4.conf.${scope}.rp_filter`, 0);
    host.sysctl(`net.ipv4.conf.${scope}.accept_local`, 1);
  }
  await host.exec('ip', ['route', 'add', 'local', '10.0.0.0/8', 'dev', 'lo']);
  await host.exec('ip', ['-6', 'route', 'add', 'local', 'fd00::/8', 'dev', 'lo']);
  const imported = await twinpath(['import', ...(await filter(host, lab.folder, random))]);
  expect(imported).toMatchObject({ status: 0, stderr: '' });
  writeFileSync(join(lab.folder, 'seen'), SEEN);
  await host.exec('nft', ['-f', join(lab.folder, 'seen')]);

  const sent = packets(random);
  const [to, from] = [host, sender].map((one) => Buffer.from(one.mac('eth0').replaceAll(':', ''), 'hex'));
  using socket = new PacketSocket({ link: 'eth0', namespace: sender.namespace });
  for (const bytes of sent) {
    bytes.set([...(to ?? []), ...(from ?? [])]);
    socket.send(bytes);
  }
  const came = await numbersIn(host, ['came4', 'came6']);
  expect(came.size).toBe(PACKETS);
  const through = await numbersIn(host, ['four', 'six']);
  expect(through.size).toBeGreaterThan(PACKETS / 10);
  expect(through.size).toBeLessThan((PACKETS * 9) / 10);

  const firewall = await importVnf(libraryFunctions().get('firewall') ?? '');
  using ours = await startSimulation(firewall, { executor: 'kernel', config: parse(imported.stdout) });
  const wrong = sent.flatMap((bytes, index) => {
    const [expected, verdict] = [through.has(index + 1) ? 'next' : 'drop', ours.send(bytes).verdict];
    return verdict === expected ? [] : [`${Buffer.from(bytes).toString('hex')}: ${verdict}, not ${expected}`];
  });
  expect(wrong).toEqual([]);
});
