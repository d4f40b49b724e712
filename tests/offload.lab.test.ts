// A router whose rules are iptables' with connection tracking, and a fast path that takes established flows off it.

import { fileURLToPath } from 'node:url';
import { getLink } from '@twinpath/linux';
import { type RunningChain, startChain } from '@twinpath/runtime';
import { createLab, type Host, type Lab } from '@twinpath/testing/lab';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { silent } from './fixtures/silent.ts';

const OFFLOAD = fileURLToPath(new URL('../packages/functions/src/offload/offload.vnf.ts', import.meta.url));
const families = [
  { tables: 'iptables', inside: '10.1.0.2', outside: '10.2.0.2', version: 'ipv4' },
  { tables: 'ip6tables', inside: 'fd01::2', outside: 'fd02::2', version: 'ipv6' },
] as const;
type Family = (typeof families)[number];

let lab: Lab;
let router: Host;
let inside: Host;
let outside: Host;
let chain: RunningChain;

async function wire(): Promise<void> {
  lab = createLab('tp-offload');
  router = lab.host('router');
  [inside, outside] = [lab.host('in'), lab.host('out')];
  router.forwarding();
  // Connection tracking does not see what is offloaded: it must not take the sequence numbers in between for missing.
  router.sysctl('net.netfilter.nf_conntrack_tcp_be_liberal', 1);
  for (const [host, net] of [
    [inside, 1],
    [outside, 2],
  ] as const) {
    const addresses = [
      [`10.${net}.0.1/24`, `fd0${net}::1/64`],
      [`10.${net}.0.2/24`, `fd0${net}::2/64`],
    ] as const;
    lab.link(router, host.name, host, 'eth0', { addresses, knownNeighbours: true });
    for (const gateway of [`10.${net}.0.1`, `fd0${net}::1`]) host.route('default', gateway);
    await host.echo({ tcp: 8000, udp: 7 });
  }
  for (const { tables } of families) {
    await router.exec(tables, ['-P', 'FORWARD', 'DROP']);
    await rule(tables, '-A', '-m conntrack --ctstate INVALID -j DROP');
    await rule(tables, '-A', '-m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT');
    await rule(tables, '-A', '-i in -m conntrack --ctstate NEW -j ACCEPT');
  }
}

const rule = (tables: string, how: '-A' | '-I' | '-D', text: string) =>
  router.exec(tables, [how, 'FORWARD', ...text.split(' ')]);

async function start(hook: 'xdp' | 'tcx'): Promise<void> {
  const port = (name: string) => [name, { interface: name, namespace: router.namespace, hook }] as const;
  chain = await startChain(
    {
      name: `offload-${process.pid}`,
      ports: Object.fromEntries(['in', 'out'].map(port)),
      paths: ['in', 'out'].map((name) => [name, 'offload', 'host']),
      functions: [{ name: 'offload', use: OFFLOAD }],
    },
    { log: silent },
  );
}

/** `since`: counted then, and not to count again. */
async function counted(since = { offloaded: 0, host: 0, accepted: 0 }) {
  const [found] = (await chain.statistics()).functions;
  const { offloaded = 0, host = 0, accepted = 0 } = found?.counters ?? {};
  return {
    offloaded: offloaded - since.offloaded,
    host: host - since.host,
    accepted: accepted - since.accepted,
  };
}

/** Packets that met each rule, in order, and the policy. */
async function rules({ tables }: Family, since = { invalid: 0, established: 0, fresh: 0, refused: 0 }) {
  const { stdout } = await router.exec(tables, ['-L', 'FORWARD', '-v', '-x', '-n']);
  const lines = stdout.split('\n');
  const [invalid = 0, established = 0, fresh = 0] = lines.slice(2).map((line) => Number(line.trim().split(/\s+/)[0]));
  const refused = Number(/policy DROP (\d+) packets/.exec(lines[0] ?? '')?.[1]);
  return {
    invalid: invalid - since.invalid,
    established: established - since.established,
    fresh: fresh - since.fresh,
    refused: refused - since.refused,
  };
}

async function tracked({ version }: Family): Promise<string> {
  return (await router.exec('conntrack', ['-L', '-f', version])).stdout;
}

const received = () => ['in', 'out'].map((name) => Number(getLink(router.netlink, name).statistics.rxPackets));

describe.each(['xdp', 'tcx'] as const)('on %s', (hook) => {
  beforeAll(async () => {
    await wire();
    await start(hook);
  });
  afterAll(async () => {
    await chain?.stop();
    await lab[Symbol.asyncDispose]();
    expect(lab.leftovers()).toEqual([]);
  });

  test.each(families)('$tables decides about connections, and the fast path carries them', async (family) => {
    const { outside: server, inside: client } = family;
    const before = { received: received(), counted: await counted(), rules: await rules(family) };
    const bytes = Buffer.alloc(3_000_000, 'stream');
    const answer = await inside.tcp(server, 8000, bytes, { timeout: 20_000 });
    expect(answer.ok && Buffer.compare(answer.data, bytes)).toBe(0);

    // Each packet went one way or the other, and what the host carried, its rules have counted.
    const { offloaded, host, accepted } = await counted(before.counted);
    const { established, ...others } = await rules(family, before.rules);
    expect(others).toEqual({ invalid: 0, fresh: 1, refused: 0 });
    expect(accepted).toBeGreaterThan(0);
    expect(established + 1).toBe(host);
    expect(offloaded).toBeGreaterThan(10 * host);
    const arrived = received().reduce((sum, packets, index) => sum + packets - (before.received[index] ?? 0), 0);
    expect(arrived).toBeGreaterThanOrEqual(offloaded + host);
    expect(await tracked(family)).toMatch(/tcp .* (TIME_WAIT|LAST_ACK|CLOSE) .*dport=8000/);

    // New connections come from one side only.
    const seen = { counted: await counted(), rules: await rules(family) };
    expect(await outside.tcp(client, 8000, 'intrusion', { timeout: 700 })).toMatchObject({ ok: false });
    expect(await outside.udp(client, 7, 'intrusion', { timeout: 300 })).toMatchObject({ ok: false });
    const more = await counted(seen.counted);
    expect(more.offloaded).toBe(0);
    expect((await rules(family, seen.rules)).refused).toBe(more.host);
  });

  test.each(families)(
    '$tables: a rule that is put in front ends flows that are offloaded, and may let them on',
    async (family) => {
      const { tables, outside: server } = family;
      const options = { sourcePort: 5000, timeout: 300 };
      const asks = () => inside.udp(server, 7, 'datagram', options);
      expect(await asks()).toMatchObject({ ok: true });
      const before = { counted: await counted(), rules: await rules(family) };
      for (let number = 0; number < 20; number++) expect(await asks()).toMatchObject({ ok: true });
      const offloaded = (await counted()).offloaded - before.counted.offloaded;
      expect(offloaded).toBeGreaterThan(30);
      const byRules = (await rules(family)).established - before.rules.established;
      expect(offloaded + byRules).toBe(40);
      expect(await tracked(family)).toMatch(/udp .*sport=5000/);

      await rule(tables, '-I', '-p udp --dport 7 -j DROP');
      const since = performance.now();
      await vi.waitFor(async () => expect(await asks()).toMatchObject({ ok: false }), { timeout: 3000, interval: 10 });
      // The lease, and the time that a lost answer takes.
      expect(performance.now() - since).toBeLessThan(2000);
      const refused = await counted();
      for (let number = 0; number < 3; number++) expect(await asks()).toMatchObject({ ok: false });
      expect((await counted()).offloaded).toBe(refused.offloaded);
      expect((await counted()).host - refused.host).toBe(3);

      await rule(tables, '-D', '-p udp --dport 7 -j DROP');
      expect(await asks()).toMatchObject({ ok: true });
      const again = await counted();
      expect(await asks()).toMatchObject({ ok: true });
      expect((await counted()).offloaded).toBeGreaterThan(again.offloaded);
    },
  );

  test.each(families)('$tables: a flow that connection tracking has forgotten is new again', async (family) => {
    const { outside: server, inside: client, tables } = family;
    const asks = () => inside.udp(server, 7, 'datagram', { sourcePort: 5000, timeout: 300 });
    for (let number = 0; number < 5; number++) expect(await asks()).toMatchObject({ ok: true });
    // Inside may not begin any more, either: what goes on now would be for being offloaded alone. No test comes behind this one.
    await rule(tables, '-D', '-i in -m conntrack --ctstate NEW -j ACCEPT');
    await router.exec('conntrack', ['-D', '-f', family.version]);
    await vi.waitFor(async () => expect(await asks()).toMatchObject({ ok: false }), { timeout: 3000, interval: 10 });
    const before = await counted();
    expect(await asks()).toMatchObject({ ok: false });
    expect((await counted()).offloaded).toBe(before.offloaded);
    expect(client).not.toBe(server);
  });
});
