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
import { z } from 'zod';
import { twinpath } from '../fixtures/twinpath.ts';

const PACKETS = 2500;
const RULES = 50;

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
/** Few kinds, because lists are multiplied. */
const TESTS = [
  [['fin', 'syn', 'rst', 'ack'], ['syn']],
  [['syn', 'ack'], ['ack']],
  [['psh'], []],
] as const;
const TYPES = { 4: [0, 3, 8, 11, 13], 6: [1, 2, 3, 128, 129, 133] } as const;
const BOUNDS = ['22:53', '80', '443:8080', '8000:8999', '0:80'];
/** User chains, and from which chains they are jumped to. */
const CHAINS = { web: ['INPUT'], deep: ['INPUT', 'web'] } as const;
const STATES = ['NEW', 'INVALID', 'NEW,ESTABLISHED'];

interface Match {
  readonly family: Family;
  readonly chain: 'INPUT' | keyof typeof CHAINS;
  /** What is turned round: one, because lists are multiplied. */
  readonly not: string | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly protocol: string;
  readonly ports: string | undefined;
  readonly sport: string | undefined;
  readonly flags: readonly [mask: readonly string[], set: readonly string[]] | undefined;
  readonly icmp: number | undefined;
  readonly state: string | undefined;
  /** A chain in small letters is jumped to. */
  readonly action: string;
}

function match(family: Family, random: Random, stateful: boolean): Match {
  const maybe = <T>(make: () => T) => (random(2) === 0 ? make() : undefined);
  const protocol = one(random, ['tcp', 'tcp', 'udp', 'icmp', 'all']);
  const hasPorts = protocol === 'tcp' || protocol === 'udp';
  const chain = one(random, ['INPUT', 'INPUT', 'web', 'deep'] as const);
  const targets = Object.entries(CHAINS).flatMap(([name, from]) =>
    from.some((given) => given === chain) ? [name] : [],
  );
  const parts = ['from', 'to', 'ports', 'sport', 'flags', 'icmp'];
  return {
    family,
    chain,
    not: maybe(() => one(random, chain === 'INPUT' ? parts : parts.slice(2))),
    from: maybe(() => (random(3) === 0 ? addresses(family, random) : network(family, random))),
    to: maybe(() => network(family, random)),
    protocol,
    ports: hasPorts ? maybe(() => one(random, BOUNDS)) : undefined,
    sport: hasPorts && random(4) === 0 ? one(random, BOUNDS) : undefined,
    flags: protocol === 'tcp' && random(3) === 0 ? one(random, TESTS) : undefined,
    icmp: protocol === 'icmp' ? maybe(() => one(random, TYPES[family])) : undefined,
    state: stateful && random(3) === 0 ? one(random, STATES) : undefined,
    action: one(random, ['ACCEPT', 'ACCEPT', 'DROP', 'DROP', 'REJECT', ...targets]),
  };
}

function addresses(family: Family, random: Random): string {
  const [first, last] = [random(4), 1 + random(6)];
  return family === 4
    ? `10.0.${first & 1}.${last}-10.0.${first | 1}.${last}`
    : `fd00::${first & 1}:${last}-fd00::${first | 1}:${last}`;
}

function iptablesRule(match: Match): string {
  const { family, chain, from, to, protocol, ports, sport, flags, icmp, state, action } = match;
  const names = (of: readonly string[]) => (of.length === 0 ? 'NONE' : of.join(',').toUpperCase());
  const icmpName = family === 4 ? 'icmp' : 'ipv6-icmp';
  const bang = (part: string) => (match.not === part ? '! ' : '');
  const fromOption = from?.includes('-') ? `-m iprange ${bang('from')}--src-range` : `${bang('from')}-s`;
  const words = [
    [`-A ${chain}`],
    from === undefined ? [] : [`${fromOption} ${from}`],
    to === undefined ? [] : [`${bang('to')}-d ${to}`],
    protocol === 'all' ? [] : [`-p ${protocol === 'icmp' ? icmpName : protocol}`],
    sport === undefined ? [] : [`-m ${protocol} ${bang('sport')}--sport ${sport}`],
    flags === undefined ? [] : [`-m tcp ${bang('flags')}--tcp-flags ${names(flags[0])} ${names(flags[1])}`],
    ports === undefined
      ? []
      : [`-m multiport ${bang('ports')}--${sport === undefined ? 'ports' : 'dports'} ${ports},9000`],
    icmp === undefined ? [] : [`${bang('icmp')}${family === 4 ? '--icmp-type' : '--icmpv6-type'} ${icmp}`],
    state === undefined ? [] : [`-m conntrack --ctstate ${state}`],
    [`-j ${action}`],
  ];
  return words.flat().join(' ');
}

function nftRule(match: Match): string {
  const { family, from, to, protocol, ports, sport, flags, icmp, state, action } = match;
  const [ip, icmpName] = family === 4 ? ['ip', 'icmp'] : ['ip6', 'icmpv6'];
  const range = (of: string) => of.replace(':', '-');
  const not = (part: string) => (match.not === part ? '!= ' : '');
  const does = Object.hasOwn(CHAINS, action) ? `jump ${action}` : action.toLowerCase();
  const words = [
    [`meta nfproto ipv${family}`],
    from === undefined ? [] : [`${ip} saddr ${not('from')}{ ${from} }`],
    to === undefined ? [] : [`${ip} daddr ${not('to')}${to}`],
    protocol === 'all' ? [] : [`meta l4proto ${protocol === 'icmp' && family === 6 ? 'ipv6-icmp' : protocol}`],
    ports === undefined ? [] : [`${protocol} dport ${not('ports')}{ ${range(ports)}, 9000 }`],
    sport === undefined ? [] : [`th sport ${not('sport')}${range(sport)}`],
    flags === undefined
      ? []
      : [
          `tcp flags & (${flags[0].join('|')}) ${not('flags') || '== '}${flags[1].length === 0 ? '0' : flags[1].join('|')}`,
        ],
    icmp === undefined ? [] : [`${icmpName} type ${not('icmp')}${icmp}`],
    state === undefined ? [] : [`ct state { ${state.toLowerCase()} }`],
    [`counter ${does}`],
  ];
  return words.flat().join(' ');
}

/** Each of a flow of its own; numbered in a field that no rule asks: the identification of IPv4, the flow label of IPv6. */
function packets(random: Random): readonly Uint8Array[] {
  const flows = new Set<string>();
  return Array.from({ length: PACKETS }, (_, index) => {
    let [family, protocol, ip, ports, flow]: [Family, string, string, string, string] = [4, '', '', '', ''];
    do {
      family = random(2) === 0 ? 4 : 6;
      protocol = one(random, ['tcp', 'tcp', 'tcp', 'udp', 'udp', 'icmp']);
      const [from, to] = [address(family, random), address(family, random)];
      const [sport, dport] = [one(random, PORTS), one(random, PORTS)];
      [ip, ports] = [`ip ${from} > ${to}`, `${sport} > ${dport}`];
      const ends = protocol === 'icmp' ? [from, to] : [`${from} ${sport}`, `${to} ${dport}`];
      flow = [protocol, ...ends.toSorted()].join();
    } while (flows.has(flow));
    flows.add(flow);
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

const rulesOf = (random: Random, stateful: boolean) =>
  Array.from({ length: RULES }, (_, index) => match(index % 2 === 0 ? 4 : 6, random, stateful));

const KNOWN = ['INVALID -j DROP', 'RELATED,ESTABLISHED -j ACCEPT'].map(
  (rule) => `-A INPUT -m conntrack --ctstate ${rule}`,
);

const iptables =
  (stateful: boolean): Filter =>
  async (host, folder, random) => {
    const rules = rulesOf(random, stateful);
    const files = ([4, 6] as const).map(async (family) => {
      const command = family === 4 ? 'iptables' : 'ip6tables';
      const file = join(folder, command);
      const own = [
        ...(stateful ? KNOWN.slice(family === 4 ? 0 : 1) : []),
        ...rules.filter((rule) => rule.family === family).map(iptablesRule),
      ];
      const chains = [`:INPUT ${family === 4 ? 'DROP' : 'ACCEPT'}`, ...Object.keys(CHAINS).map((name) => `:${name} -`)];
      writeFileSync(
        file,
        ['*filter', ...chains, ...own, '-A web -j RETURN', '-A web -j DROP', 'COMMIT', ''].join('\n'),
      );
      await host.exec(`${command}-restore`, [file]);
      writeFileSync(file, String((await host.exec(`${command}-save`)).stdout));
      return file;
    });
    return ['iptables', ...(await Promise.all(files))];
  };

const nft =
  (stateful: boolean): Filter =>
  async (host, folder, random) => {
    const file = join(folder, 'ruleset');
    const rules = rulesOf(random, stateful);
    const linesOf = (chain: string) => rules.filter((rule) => rule.chain === chain).map(nftRule);
    const known = stateful ? ['ct state established,related accept'] : [];
    const chains = {
      deep: linesOf('deep'),
      web: [...linesOf('web'), 'return', 'drop'],
      INPUT: [...known, ...linesOf('INPUT')],
    };
    const text = Object.entries(chains).map(([name, lines]) => {
      const hook =
        name === 'INPUT' ? [`type filter hook input priority 0; policy ${stateful ? 'accept' : 'drop'};`] : [];
      return ` chain ${name} {\n  ${[...hook, ...lines].join('\n  ')}\n }`;
    });
    writeFileSync(file, `table inet filter {\n${text.join('\n')}\n}\n`);
    await host.exec('nft', ['-f', file]);
    writeFileSync(file, String((await host.exec('nft', ['-j', 'list', 'ruleset'])).stdout));
    return ['nft', file];
  };

const isMissing =
  missingForKernel() !== undefined || !['iptables', 'nft'].every((name) => existsSync(`/usr/sbin/${name}`));

test.skipIf(isMissing).each([
  ['iptables', iptables(false), 1],
  ['nftables', nft(false), 2],
  ['iptables with connection tracking', iptables(true), 3],
  ['nftables with connection tracking', nft(true), 5],
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
  // Checksums of ICMP are not those of its type.
  host.sysctl('net.netfilter.nf_conntrack_checksum', 0);
  const { status, stdout } = await twinpath(['import', ...(await filter(host, lab.folder, random)), '--json']);
  const imported = z.object({ config: z.unknown(), left: z.array(z.unknown()) }).parse(JSON.parse(stdout));
  expect({ status, left: imported.left }).toEqual({ status: 0, left: [] });
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
  using ours = await startSimulation(firewall, { executor: 'kernel', config: imported.config });
  const wrong = sent.flatMap((bytes, index) => {
    const [expected, verdict] = [through.has(index + 1) ? 'next' : 'drop', ours.send(bytes).verdict];
    return verdict === expected ? [] : [`${Buffer.from(bytes).toString('hex')}: ${verdict}, not ${expected}`];
  });
  expect(wrong).toEqual([]);
});
