// Functions as authors write them, whole, with real hosts around them: a bridge, a router, a NAT and a GTP-U end point.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PacketSocket, setLink } from '@twinpath/linux';
import { textOf } from '@twinpath/packet';
import { type RunningChain, startChain } from '@twinpath/runtime';
import { createLab, type Host, type Lab } from '@twinpath/testing/lab';
import { ethernetHeader, frame, ipHeader, rawBytes, udpHeader } from '@twinpath/vnf';
import type { ChainSpec } from '@twinpath/vnf/chain';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

const WAIT = { timeout: 20_000, interval: 20 };
const use = (name: string) => fileURLToPath(new URL(`fixtures/surface/${name}.vnf.ts`, import.meta.url));

let lab: Lab;
let middle: Host;
let a: Host;
let b: Host;
let lines: string[];
/** Durable tables of one test are not those of the next. */
let stateDirectory: string;
beforeEach(() => {
  stateDirectory = mkdtempSync(join(tmpdir(), 'tp-surface-'));
  lab = createLab('tp-surface');
  middle = lab.host('middle');
  [a, b] = [lab.host('a'), lab.host('b')];
  lines = [];
});
afterEach(async () => {
  await lab[Symbol.asyncDispose]();
  rmSync(stateDirectory, { recursive: true });
  expect(lab.leftovers()).toEqual([]);
});

interface Wanted {
  readonly hook: 'xdp' | 'tcx';
  readonly name: string;
  readonly config?: object;
  /** Of a port of this name. */
  path(port: string): readonly string[];
}
function start({ hook, name, config = {}, path }: Wanted, ports = ['a', 'b']): Promise<RunningChain> {
  const note = (text: string) => lines.push(text);
  const spec: ChainSpec = {
    name: `surface-${process.pid}`,
    ports: Object.fromEntries(ports.map((port) => [port, { interface: port, namespace: middle.namespace, hook }])),
    paths: ports.map(path),
    functions: [{ name, use: use(name), config }],
  };
  return startChain(spec, { stateDirectory, log: { debug: note, info: note, warn: note, error: note } });
}

async function statistics(chain: RunningChain) {
  const [found] = (await chain.statistics()).functions;
  if (found === undefined) throw new Error('the chain has a function');
  return found;
}

/** Two networks, 1 with host a and 2 with host b, and `middle` between them. */
function wire(knownNeighbours: boolean): void {
  for (const [host, net] of [
    [a, 1],
    [b, 2],
  ] as const) {
    const addresses = [
      [`10.${net}.0.1/24`, `fd0${net}::1/64`],
      [`10.${net}.0.2/24`, `fd0${net}::2/64`],
    ] as const;
    lab.link(middle, host.name, host, 'eth0', { addresses, knownNeighbours });
    for (const gateway of [`10.${net}.0.1`, `fd0${net}::1`]) host.route('default', gateway);
  }
}

describe.each(['xdp', 'tcx'] as const)('on %s', (hook) => {
  test('the bridge learns stations, tells of those that move, and forgets those behind a port that went down', async () => {
    const c = lab.host('c');
    for (const [index, host] of [a, b, c].entries()) {
      const addresses = [[], [`10.0.0.${index + 1}/24`, `fd00::${index + 1}/64`]] as const;
      lab.link(middle, host.name, host, 'eth0', { addresses });
      await host.echo({ udp: 7 });
    }
    const wanted: Wanted = { hook, name: 'bridge', path: (port) => [port, `bridge:${port}`] };
    await using chain = await start(wanted, ['a', 'b', 'c']);
    for (const to of ['10.0.0.2', 'fd00::2', '10.0.0.3']) {
      expect(await a.udp(to, 7, 'hello', { timeout: 4000 })).toMatchObject({ ok: true });
    }
    const ports = async () => {
      const stations = (await chain.functions[0]?.entries('stations')) ?? [];
      return new Map(stations.map(([key, value]) => [String(Object(key).address), String(Object(value).port)]));
    };
    expect(await ports()).toMatchObject(
      new Map([
        [a.mac('eth0'), 'a'],
        [b.mac('eth0'), 'b'],
        [c.mac('eth0'), 'c'],
      ]),
    );

    // Of a station that nobody is: what hosts send by themselves, a report of multicast groups for instance, does not move it back.
    const roams = '02:00:00:00:00:99';
    const seen = frame(ethernetHeader({ src: roams, dst: 'ff:ff:ff:ff:ff:ff' }), rawBytes(new Uint8Array(46)));
    using behindB = new PacketSocket({ link: 'eth0', namespace: b.namespace });
    behindB.send(seen);
    await vi.waitFor(async () => expect((await ports()).get(roams)).toBe('b'), WAIT);
    using behindC = new PacketSocket({ link: 'eth0', namespace: c.namespace });
    behindC.send(seen);
    await vi.waitFor(() => expect(lines).toContainEqual(expect.stringMatching(`${roams} moved from b to c`)), WAIT);

    setLink(c.netlink, 'eth0', { up: false });
    await vi.waitFor(async () => expect([...(await ports()).values()].sort()).toEqual(['a', 'b']), WAIT);
    expect(lines).toContainEqual(expect.stringMatching(/c is down, 2 stations forgotten/));
  });

  test('the router finds neighbours itself, and answers for what it cannot forward', async () => {
    wire(false);
    await b.echo({ tcp: 8000, udp: 7 });
    // It compares lengths with the next link's MTU, and on tc a packet may be many segments.
    for (const host of [a, b]) host.offload('eth0', 'tx-checksum', false);
    const routes = ['a', 'b'].flatMap((port, index) => [
      { to: `10.${index + 1}.0.0/24`, port },
      { to: `fd0${index + 1}::/64`, port },
    ]);
    const config = { routes: [...routes, { to: '10.77.0.0/16', port: 'b', via: '10.2.0.2' }] };
    await using chain = await start({ hook, name: 'router', config, path: (port) => [port, `router:${port}`] });
    for (const to of ['10.2.0.2', 'fd02::2']) {
      expect(await a.udp(to, 7, 'first', { timeout: 6000 })).toMatchObject({ ok: true });
      expect(await a.tcp(to, 8000, 'x'.repeat(100_000), { timeout: 6000 })).toMatchObject({ ok: true });
    }
    const known = await statistics(chain);
    expect(known.counters.forwarded).toBeGreaterThan(50);
    expect(known.counters.unresolved).toBeGreaterThanOrEqual(2);
    expect(await chain.functions[0]?.entries('neighbours')).toContainEqual([
      { address: '10.2.0.2', port: 'b' },
      { mac: b.mac('eth0') },
    ]);

    await a.udp('192.0.2.1', 7, 'nowhere', { timeout: 300 });
    await a.udp('2001:db8::1', 7, 'nowhere', { timeout: 300 });
    const { counters, slowPath } = await statistics(chain);
    expect(counters.noRoute).toBe(2);
    expect(slowPath.answered.reply - known.slowPath.answered.reply).toBe(2);
  });

  test('the NAT hides one side, and lets answers back', async () => {
    wire(true);
    middle.forwarding();
    await b.echo({ tcp: 8000, udp: 7 });
    // What is behind the NAT is nobody's business there.
    await b.exec('ip', ['route', 'del', 'default']);
    await b.exec('ip', ['route', 'add', '198.51.100.0/24', 'via', '10.2.0.1']);
    const config = { inside: '10.1.0.0/24', outside: ['198.51.100.1', '198.51.100.2'], portsPerBlock: 64 };
    await using chain = await start({ hook, name: 'nat', config, path: (port) => [port, 'nat', 'host'] });
    const capture = await b.capture('eth0');
    for (let flow = 0; flow < 20; flow++) {
      expect(await a.udp('10.2.0.2', 7, `datagram ${flow}`)).toMatchObject({ ok: true });
    }
    expect(await a.tcp('10.2.0.2', 8000, 'x'.repeat(200_000))).toMatchObject({ ok: true });
    await capture.stop();
    const { counters } = await statistics(chain);
    expect(counters.opened).toBe(21);
    expect(counters.noPort).toBe(0);
    expect(counters.translated).toBeGreaterThan(50);
    expect(await chain.functions[0]?.entries('sessions')).toHaveLength(42);
    expect(await b.udp('10.1.0.2', 7, 'from outside', { timeout: 300 })).toMatchObject({ ok: false });
  });

  test('the GTP-U end point takes packets out of tunnels, puts answers into them, and answers echo requests', async () => {
    wire(true);
    middle.forwarding();
    await b.echo({ udp: 7 });
    const [terminal, qfi] = ['10.60.0.1', 9];
    const session = {
      terminal,
      qfi,
      uplinkTeid: 100,
      downlink: { peer: '10.1.0.2', teid: 200 },
      maxRate: '100 Mbit/s',
    };
    const config = { address: '10.1.0.1', sessions: [session] };
    await using chain = await start({ hook, name: 'gtpu', config, path: (port) => [port, 'gtpu', 'host'] });
    using radio = new PacketSocket({ link: 'eth0', namespace: a.namespace, receive: 'incoming' });
    const send = (payload: Uint8Array) =>
      radio.send(
        frame(
          ethernetHeader({ src: a.mac('eth0'), dst: middle.mac('a') }),
          ipHeader({ src: '10.1.0.2', dst: '10.1.0.1' }),
          udpHeader({ sport: 2152, dport: 2152 }),
          rawBytes(payload),
        ),
      );
    const heard: Uint8Array[] = [];
    const hear = async (matches: (text: string, bytes: Uint8Array) => boolean): Promise<Uint8Array> =>
      vi.waitFor(() => {
        for (let one = radio.receive(); one !== undefined; one = radio.receive()) heard.push(one);
        const found = heard.find((one) => matches(textOf(one), one));
        if (found === undefined) throw new Error('nothing was heard yet');
        return found;
      }, 2000);

    const inner = frame(
      ethernetHeader({ src: a.mac('eth0'), dst: a.mac('eth0') }),
      ipHeader({ src: terminal, dst: '10.2.0.2' }),
      udpHeader({ sport: 5, dport: 7 }),
      rawBytes(new TextEncoder().encode('up and down')),
    ).subarray(14, 14 + 20 + 8 + 11);
    // TS 29.281 section 5.1: version 1, with extension headers; TS 38.415: a PDU session container.
    const header = [0x34, 255, 0, 8 + inner.length, 0, 0, 0, 100, 0, 0, 0, 0x85, 1, 0x10, qfi, 0];
    send(Uint8Array.from([...header, ...inner]));
    const down = await hear((text, bytes) => text.includes('udp 2152 > 2152') && bytes[14 + 20 + 8 + 1] === 255);
    const view = new DataView(down.buffer, down.byteOffset + 14 + 20 + 8);
    expect(view.getUint32(4)).toBe(200);
    expect(Buffer.from(down).toString('latin1')).toContain('up and down');
    const { counters } = await statistics(chain);
    expect(counters).toMatchObject({ uplink: 1, downlink: 1, malformed: 0, spoofed: 0, overRate: 0 });

    send(Uint8Array.from([0x32, 1, 0, 4, 0, 0, 0, 0, 0, 77, 0, 0]));
    const echo = await hear((text, bytes) => text.includes('udp 2152 > 2152') && bytes[14 + 20 + 8 + 1] === 2);
    expect(new DataView(echo.buffer, echo.byteOffset + 14 + 20 + 8).getUint16(8)).toBe(77);
    // An unknown tunnel is answered with an error indication.
    send(Uint8Array.from([0x30, 255, 0, inner.length, 0, 0, 0, 101, ...inner]));
    await hear((text, bytes) => text.includes('udp 2152 > 2152') && bytes[14 + 20 + 8 + 1] === 26);
  });
});
