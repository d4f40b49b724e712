// A chain's life under the load of real tools: wrk, iperf3 and tcpreplay run through it while its process is killed and another one
// goes on, its order changes, a new version replaces a function and its slow path fails. What was sent has been received.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getLink } from '@twinpath/linux';
import { packetFromText } from '@twinpath/packet';
import { writePcap } from '@twinpath/packet/pcap';
import { type RunningChain, startChain } from '@twinpath/runtime';
import { takeDown } from '@twinpath/runtime/host';
import { createLab, type Host, type Lab } from '@twinpath/testing/lab';
import type { ChainSpec } from '@twinpath/vnf/chain';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { silent } from './fixtures/silent.ts';

const file = (name: string) => fileURLToPath(new URL(`fixtures/life/${name}`, import.meta.url));
const CHAIN = `life-${process.pid}`;
const TOOLS = ['wrk', 'iperf3', 'tcpreplay', 'nginx'];
const MISSING = TOOLS.filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0);
/** Flows of the capture, its packets, and how many of them tcpreplay sends each second. */
const [FLOWS, PACKETS, PER_SECOND] = [16, 1000, 4000];
/** Requests that are answered behind each event before the next. */
const BETWEEN = 200;
const SERVER = '10.2.0.2';

let lab: Lab;
let client: Host;
let middle: Host;
let server: Host;

beforeAll(async () => {
  lab = createLab('tp-life');
  [client, middle, server] = [lab.host('client'), lab.host('middle'), lab.host('server')];
  const wire = (host: Host, own: string, near: string, net: number) =>
    lab.link(host, own, middle, near, {
      addresses: [[`10.${net}.0.2/24`], [`10.${net}.0.1/24`]],
      knownNeighbours: true,
    });
  wire(client, 'eth0', 'wan', 1);
  wire(server, 'eth0', 'lan', 2);
  // The capture has a wire of its own: what its queue has no room for can be told from all else.
  wire(client, 'replay', 'side', 3);
  client.route('default', '10.1.0.1');
  server.route('default', '10.2.0.1');
  middle.forwarding();
  await server.http({ port: 80, body: 'served' });
});
afterAll(async () => {
  // What a test that failed between two processes has left.
  takeDown({ chain: CHAIN });
  await lab[Symbol.asyncDispose]();
  expect(lab.leftovers()).toEqual([]);
});

function spec(order: readonly string[]): ChainSpec {
  const port = (link: string) => ({ interface: link, namespace: middle.namespace });
  return {
    name: CHAIN,
    ports: { wan: port('wan'), side: port('side') },
    paths: ['wan', 'side'].map((name) => [name, ...order, 'host']),
    functions: order.map((name) => ({ name, use: file(`${name}.vnf.ts`) })),
  };
}

async function inAnotherProcess(wanted: ChainSpec): Promise<ChildProcess> {
  const child = spawn(process.execPath, [file('chain-main.ts'), JSON.stringify(wanted), lab.folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`it ended with ${code}`)));
  await Promise.race([once(child.stdout, 'data'), ended]);
  ended.catch(() => {});
  return child;
}

function capture(): string {
  const frames = Array.from({ length: PACKETS }, (_, n) => {
    const text = `eth ${client.mac('replay')} > ${middle.mac('side')} / ip 10.3.0.2 > 10.3.0.9 / udp ${7000 + (n % FLOWS)} > 9 / "${n}"`;
    return packetFromText(text);
  });
  const path = join(lab.folder, 'flows.pcap');
  writeFileSync(path, writePcap(frames.map((bytes, n) => ({ bytes, time: BigInt(n) * 250_000n }))));
  return path;
}

/** Sends the capture to its end; how many packets tcpreplay says it has sent. */
async function replay(path: string): Promise<number> {
  const { stdout } = await client.exec('tcpreplay', ['-i', 'replay', '--pps', String(PER_SECOND), path]);
  return Number(/Successful packets:\s+(\d+)/.exec(stdout)?.[1]);
}

/** Again and again, until it is told to end. */
function replayOn(path: string): () => Promise<number> {
  let isOver = false;
  const all = (async () => {
    let sent = 0;
    while (!isOver) sent += await replay(path);
    return sent;
  })();
  return () => {
    isOver = true;
    return all;
  };
}

const dropped = (link: string) => Number(getLink(client.netlink, link).statistics.txDropped);

/** UDP of the server: datagrams that came, and those that their socket had no room for. */
async function datagrams(): Promise<{ readonly came: number; readonly noRoom: number }> {
  const { stdout } = await server.exec('cat', ['/proc/net/snmp']);
  const [names = [], values = []] = [...stdout.matchAll(/^Udp: (.*)$/gm)].map(([, line = '']) => line.split(' '));
  const of = (name: string) => Number(values[names.indexOf(name)]);
  return { came: of('InDatagrams'), noRoom: of('RcvbufErrors') };
}

async function replayed(chain: RunningChain): Promise<number> {
  const { functions } = await chain.statistics();
  return functions.find(({ name }) => name === 'counts')?.counters.replayed ?? 0;
}

test.skipIf(MISSING.length > 0)(
  `no request fails and no packet is lost over kill -9, another order, another version and a failed slow path${MISSING.length > 0 ? ` (without ${MISSING.join(', ')})` : ''}`,
  async () => {
    const first = await inAnotherProcess(spec(['learns', 'counts']));
    const path = capture();
    const lost = { wan: dropped('eth0'), side: dropped('replay') };
    let sent = await replay(path);
    server.spawn('iperf3', ['-s', '-1']);
    const pace = join(lab.folder, 'pace.lua');
    writeFileSync(pace, 'function delay() return 1 end\n');
    const wrk = client.spawn('wrk', ['-t1', '-c4', '-d300s', '-s', pace, `http://${SERVER}/`]);
    const iperf = client.spawn('iperf3', ['-c', SERVER, '-u', '-b', '1M', '-l', '64', '-t', '6', '-J']);
    const endReplay = replayOn(path);
    // On the way back, where the chain is not.
    const answers = () => Number(getLink(server.netlink, 'eth0').statistics.txPackets);
    const goesOn = async () => {
      const before = answers();
      await vi.waitUntil(() => answers() > before + BETWEEN, 10_000);
    };
    await goesOn();
    await vi.waitUntil(async () => (await datagrams()).came > 100, 10_000);
    const gone = once(first, 'exit');
    first.kill('SIGKILL');
    await gone;
    await goesOn();
    await using chain = await startChain(spec(['learns', 'counts']), { log: silent, stateDirectory: lab.folder });
    await goesOn();
    await chain.change(spec(['counts', 'learns']));
    await goesOn();
    await chain.replace('learns', file('learns-2.vnf.ts'), { probationMs: 50 });
    await goesOn();
    await client.udp(SERVER, 666, 'fail', { timeout: 100 });
    await vi.waitFor(async () => {
      const { functions } = await chain.statistics();
      expect(functions.find(({ name }) => name === 'learns')?.slowPath.restarts).toBe(1);
    }, 10_000);
    await goesOn();
    // New flows, too.
    expect(await client.fetch(`http://${SERVER}/`)).toMatchObject({ ok: true, status: 200 });

    await iperf.exited;
    wrk.child.kill('SIGINT');
    await wrk.exited;
    expect(wrk.stdout.split('\n').filter((line) => /Socket errors|Non-2xx/.test(line))).toEqual([]);
    expect(Number(/(\d+) requests in/.exec(wrk.stdout)?.[1])).toBeGreaterThan(5 * BETWEEN);
    const { packets, lost_packets } = JSON.parse(iperf.stdout).end.sum;
    expect(packets).toBeGreaterThan(1000);
    // Nowhere but on the wire, and at the door of iperf3.
    expect(lost_packets).toBeLessThanOrEqual(dropped('eth0') - lost.wan + (await datagrams()).noRoom);
    sent += await endReplay();
    expect(sent).toBeGreaterThan(5 * PACKETS);
    await vi.waitFor(async () => expect(await replayed(chain)).toBe(sent - (dropped('replay') - lost.side)), 3000);
  },
);
