// nDPI's own reader, as the oracle.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalIp } from '@twinpath/packet';

/** Such as `TCP 10.0.0.1:4000 <-> [::1]:443 … [proto: 91.124/TLS.YouTube]`. */
const FLOW =
  /^\t\d+\t(\S+) \[?([^\s\]]+?)\]?:(\d+) <?-> \[?([^\s\]]+?)\]?:(\d+) .*?\[proto: (?:[A-Z]+:)?[\d.]+\/([^\]]+)\]/;

/** `undefined`: it is there. */
export const missingReader = () =>
  spawnSync('ndpiReader', ['-h']).error ? 'ndpiReader (Debian: libndpi-bin)' : undefined;

/** Of each flow at most so many packets are looked at. */
export interface MostPackets {
  readonly tcp: number;
  readonly other: number;
}

/** It decides behind one packet more than it is told. `from`: an interface, a capture, or a list of captures. */
export const readerOperands = (from: string, result: string, { tcp, other }: MostPackets): readonly string[] => [
  '-i',
  from,
  '-w',
  result,
  '-v',
  '2',
  '-I',
  '-T',
  String(tcp - 1),
  '-U',
  String(other - 1),
];

/** The application of each flow in these captures, by name of the flow. It does not tell VLANs apart. */
export function readWithNdpi(files: readonly string[], packets: MostPackets): ReadonlyMap<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'tp-dpi-'));
  try {
    const [list, result] = [join(folder, 'list'), join(folder, 'result')];
    writeFileSync(list, files.map((file) => `${file}\n`).join(''));
    const { status, error } = spawnSync('ndpiReader', [...readerOperands(list, result, packets), '-q'], {
      stdio: 'ignore',
    });
    if (error || status !== 0) throw error ?? new Error(`ndpiReader ended with status ${status}`);
    return flowsIn(readFileSync(result, 'latin1'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The same, of what it has written. */
export function flowsIn(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, protocol = '', a = '', aPort = '', b = '', bPort = '', application] = FLOW.exec(line) ?? [];
    if (application === undefined) continue;
    const ends = { src: ownForm(a), sport: Number(aPort), dst: ownForm(b), dport: Number(bPort) };
    found.set(flowName({ ...ends, protocol: PROTOCOLS[protocol] ?? protocol.toLowerCase() }), application);
  }
  return found;
}

/** It writes `::1:2` where there is one group of zeros. */
function ownForm(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  if (tail === undefined) return canonicalIp(address);
  const groups = [head, tail].map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = 8 - groups.flat().length;
  return canonicalIp([...(groups[0] ?? []), ...Array<string>(zeros).fill('0'), ...(groups[1] ?? [])].join(':'));
}

const PROTOCOLS: Readonly<Record<string, string>> = { ICMPV6: 'icmp6', VRRP: '112' };
const WITHOUT_PORTS = ['icmp', 'icmp6'];

interface Ends {
  readonly src: string;
  readonly dst: string;
  readonly sport: number;
  readonly dport: number;
  readonly protocol: string | number;
}

/** Both directions have the same. */
export function flowName({ src, dst, sport, dport, protocol }: Ends): string {
  const portOf = (port: number) => (WITHOUT_PORTS.includes(String(protocol)) ? 0 : port);
  return [`${src} ${portOf(sport)}`, `${dst} ${portOf(dport)}`, protocol].toSorted().join(' ');
}
