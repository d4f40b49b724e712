// What really passes the firewall, by the bytes on both of its sides: read by tcpdump, judged by us and by tshark.
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { libraryFunctions } from '@twinpath/functions';
import { type PacketText, packetView, textOf, verifyChecksums } from '@twinpath/packet';
import { readCapture } from '@twinpath/packet/pcap';
import { type RunningChain, startChain } from '@twinpath/runtime';
import { createLab, type Host, type Lab, urlHost } from '@twinpath/testing/lab';
import { lineChain } from '@twinpath/vnf/chain';
import { afterAll, beforeAll, expect, test } from 'vitest';

const CLIENT = { ordinary: ['10.1.0.2', 'fd00:1::2'], blocked: ['10.1.0.66', 'fd00:1::66'] } as const;
const SERVER = ['10.2.0.2', 'fd00:2::2'] as const;
const PORTS = { open: 80, shut: 81, openNow: 8443, closedNow: 8444 } as const;
const FILE_BYTES = 20_000_000;

/** A conversation that is tried, and whether the rules allow it. */
interface Trial {
  readonly protocol: 'tcp' | 'udp';
  readonly from: Host;
  readonly source: string;
  readonly destination: string;
  readonly port: number;
  readonly allowed: boolean;
}

let lab: Lab;
let client: Host;
let middle: Host;
let server: Host;
let chain: RunningChain;

beforeAll(async () => {
  lab = createLab('tp-wire');
  [client, middle, server] = [lab.host('client'), lab.host('middle'), lab.host('server')];
  // An echo server answers from the address that the kernel prefers: of IPv4 the first, of IPv6 the last that was added.
  const [ordinary, blocked] = [CLIENT.ordinary, CLIENT.blocked];
  const own = [ordinary[0], blocked[0], blocked[1], ordinary[1]].map(withLength);
  lab.link(client, 'eth0', middle, 'eth0', { addresses: [own, ['10.1.0.1/24', 'fd00:1::1/64']] });
  lab.link(server, 'eth0', middle, 'eth1', { addresses: [SERVER.map(withLength), ['10.2.0.1/24', 'fd00:2::1/64']] });
  middle.forwarding();
  for (const gateway of ['10.1.0.1', 'fd00:1::1']) client.route('default', gateway);
  for (const gateway of ['10.2.0.1', 'fd00:2::1']) server.route('default', gateway);
  for (const host of [client, server]) {
    for (const port of Object.values(PORTS)) await host.echo({ tcp: port, udp: port });
  }
  const file = libraryFunctions().get('firewall') ?? '';
  const functions = [{ name: 'firewall', use: file, config: { rules: rules() } }];
  const port = { interface: 'eth0', namespace: middle.namespace };
  chain = await startChain(lineChain(`wire-${process.pid}`, port, functions));
});
afterAll(async () => {
  await chain.stop();
  await lab[Symbol.asyncDispose]();
  expect(lab.leftovers()).toEqual([]);
});

const withLength = (address: string) => `${address}/${address.includes(':') ? 64 : 24}`;

function rules() {
  const time = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);
  const now = { from: time(-1), until: time(12) };
  const later = { from: time(12), until: time(13) };
  const both = (rule: object) => ['tcp', 'udp'].map((protocol) => ({ action: 'allow', protocol, ...rule }));
  return [
    { action: 'drop', from: '10.1.0.66/32' },
    { action: 'drop', from: 'fd00:1::66/128' },
    ...both({ direction: 'in', port: PORTS.open }),
    ...both({ port: PORTS.openNow, when: now }),
    ...both({ port: PORTS.closedNow, when: later }),
    { action: 'allow', direction: 'in', protocol: 'tcp', port: 8000 },
  ];
}

function trials(): Trial[] {
  const ports = Object.values(PORTS);
  const ways = [0, 1].flatMap((family) => {
    const [ordinary = '', blocked = ''] = [CLIENT.ordinary[family], CLIENT.blocked[family]];
    const end = SERVER[family] ?? '';
    return [
      { from: client, source: ordinary, destination: end, passes: [PORTS.open, PORTS.openNow] },
      { from: client, source: blocked, destination: end, passes: [] },
      { from: server, source: end, destination: ordinary, passes: [PORTS.openNow] },
    ];
  });
  return ways.flatMap(({ passes, ...way }) =>
    (['tcp', 'udp'] as const).flatMap((protocol) =>
      ports.map((port) => ({ ...way, protocol, port, allowed: passes.some((one) => one === port) })),
    ),
  );
}

async function answered({ protocol, from, source, destination, port, allowed }: Trial): Promise<boolean> {
  const message = randomBytes(1_000);
  const result = await from[protocol](destination, port, message, { source, timeout: allowed ? 5_000 : 500 });
  return result.ok && message.equals(result.data);
}

test('a file of 20 MB comes through whole, over IPv4 and IPv6, with the offloads that interfaces have', async () => {
  const body = randomBytes(FILE_BYTES);
  const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  await server.http({ port: 8000, body });
  for (const [family, address] of SERVER.entries()) {
    const source = CLIENT.ordinary[family] ?? '';
    const result = await client.fetch(`http://${urlHost(address)}:8000/`, { source, timeout: 30_000 });
    expect(result).toMatchObject({ ok: true, status: 200 });
    if (result.ok) expect(hash(result.body)).toBe(hash(body));
  }
});

const missing = ['tcpdump', 'tshark'].filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
const because = missing.length === 0 ? '' : ` (skipped: no ${missing.join(' and no ')})`;

test.skipIf(missing.length > 0)(
  `what is allowed is answered, nothing else reaches the other side, and every checksum is right${because}`,
  async () => {
    // The capture is to show what a wire would carry: whole checksums and the segments that were sent.
    for (const [host, link] of [
      [client, 'eth0'],
      [middle, 'eth0'],
      [middle, 'eth1'],
      [server, 'eth0'],
    ] as const) {
      for (const offload of ['tx-checksum', 'gro'] as const) host.offload(link, offload, false);
    }
    const captures = [await server.capture('eth0'), await client.capture('eth0')];
    const tried = trials();
    const answers = await Promise.all(tried.map(answered));
    expect(tried.filter((trial, index) => trial.allowed !== answers[index]).map(describe)).toEqual([]);

    const [atServer = new Uint8Array(), atClient = new Uint8Array()] = await Promise.all(
      captures.map((one) => one.stop()),
    );
    for (const bytes of [atServer, atClient]) {
      expect(wrongChecksums(bytes)).toEqual([]);
      expect(await wrongForTshark(bytes)).toEqual([]);
    }
    // At the server nothing of what the client may not send, at the client nothing of what the server may not.
    expect(
      forbiddenAt(
        atServer,
        tried.filter(({ from }) => from === client),
      ),
    ).toEqual([]);
    expect(
      forbiddenAt(
        atClient,
        tried.filter(({ from }) => from === server),
      ),
    ).toEqual([]);
    // The captures would have shown it: what is allowed is there.
    const seen = new Set([...flowsIn(atServer), ...flowsIn(atClient)]);
    expect(tried.filter((trial) => trial.allowed && !seen.has(flowOf(trial))).map(describe)).toEqual([]);

    const [firewall] = (await chain.statistics()).functions;
    const asked = tried.filter(({ port, source }) => port >= 8_000 && !source.endsWith('66')).length;
    expect(firewall?.reasons.undecided).toMatchObject({ up: asked, overLimit: 0, lost: 0 });
  },
);

const describe = ({ protocol, source, destination, port }: Trial) => `${protocol} ${source} > ${destination} ${port}`;
const flowOf = describe;

/** Every conversation of a capture, as the one who opens it would name it. */
function flowsIn(bytes: Uint8Array): Set<string> {
  const flows = new Set<string>();
  for (const packet of readCapture(bytes)) {
    const flow = packetView(packet.bytes, { port: 'wire', now: 0 }).ip()?.flow();
    if (flow) flows.add(`${flow.protocol} ${flow.src} > ${flow.dst} ${flow.dport}`);
  }
  return flows;
}

function forbiddenAt(bytes: Uint8Array, tried: readonly Trial[]): readonly string[] {
  const flows = flowsIn(bytes);
  return tried.filter((trial) => !trial.allowed && flows.has(flowOf(trial))).map(describe);
}

function wrongChecksums(bytes: Uint8Array): readonly PacketText[] {
  const packets = [...readCapture(bytes)];
  expect(packets.length).toBeGreaterThan(50);
  return packets
    .filter((packet) => verifyChecksums(packet.bytes).some(({ isRight }) => !isRight))
    .map((packet) => textOf(packet.bytes));
}

/** Lines that tshark has for packets with a wrong checksum. */
async function wrongForTshark(bytes: Uint8Array): Promise<readonly string[]> {
  const file = join(lab.folder, 'capture.pcap');
  writeFileSync(file, bytes);
  const protocols = ['ip', 'tcp', 'udp', 'icmp', 'icmpv6'];
  const checks = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
  const wrong = protocols.map((protocol) => `${protocol}.checksum.status == "Bad"`).join(' || ');
  const { stdout } = await middle.exec('tshark', ['-r', file, ...checks, '-Y', wrong]);
  return stdout.split('\n').filter((line) => line !== '');
}
