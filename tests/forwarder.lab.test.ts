// Routers that find the next hop in the kernel's tables or in one of their own, while neighbours come, change and go.

import { fileURLToPath } from 'node:url';
import { addAddress, deleteAddress, setLink } from '@twinpath/linux';
import { type RunningChain, startChain } from '@twinpath/runtime';
import { createLab, type Host } from '@twinpath/testing/lab';
import { describe, expect, test, vi } from 'vitest';
import { silent } from './fixtures/silent.ts';

const use = (name: string) =>
  fileURLToPath(new URL(`../packages/functions/src/forwarder/test/${name}.vnf.ts`, import.meta.url));
const families = [
  { there: '10.2.0.2', length: 24 },
  { there: 'fd02::2', length: 64 },
] as const;
const forwarders = [
  { by: 'the kernel’s tables', name: 'fib-router', config: {}, isOwn: false },
  {
    by: 'a table that follows the kernel’s neighbours',
    name: 'table-router',
    config: {
      routes: [
        { to: '10.1.0.0/24', port: 'a' },
        { to: 'fd01::/64', port: 'a' },
        { to: '10.2.0.0/24', port: 'b' },
        { to: 'fd02::/64', port: 'b' },
      ],
    },
    isOwn: true,
  },
] as const;

interface Network extends AsyncDisposable {
  readonly middle: Host;
  readonly a: Host;
  readonly b: Host;
}

// Neighbours time out by the kernel's clock: tests wait side by side, each in namespaces of its own.
let networks = 0;
function network(): Network {
  const lab = createLab(`tp-forwarder-${networks++}`);
  const middle = lab.host('middle');
  const [a, b] = [lab.host('a'), lab.host('b')];
  for (const [host, net] of [
    [a, 1],
    [b, 2],
  ] as const) {
    const addresses = [
      [`10.${net}.0.1/24`, `fd0${net}::1/64`],
      [`10.${net}.0.2/24`, `fd0${net}::2/64`],
    ] as const;
    lab.link(middle, host.name, host, 'eth0', { addresses });
    for (const gateway of [`10.${net}.0.1`, `fd0${net}::1`]) host.route('default', gateway);
    // What takes a minute elsewhere takes a second here.
    for (const version of ['ipv4', 'ipv6']) {
      const neighbours = `net.${version}.neigh.${host.name}`;
      middle.sysctl(`${neighbours}.base_reachable_time_ms`, 500);
      middle.sysctl(`${neighbours}.delay_first_probe_time`, 1);
      middle.sysctl(`${neighbours}.retrans_time_ms`, 200);
    }
  }
  return {
    middle,
    a,
    b,
    [Symbol.asyncDispose]: async () => {
      await lab[Symbol.asyncDispose]();
      if (lab.leftovers().length > 0) throw new Error(`left behind: ${lab.leftovers().join(', ')}`);
    },
  };
}

describe.concurrent.each(['xdp', 'tcx'] as const)('on %s', (hook) => {
  describe.concurrent.each(forwarders)('next hops by $by', ({ name, config, isOwn }) => {
    test('follow neighbours that come, change and go', async ({ expect }) => {
      await using net = network();
      const { middle, a, b } = net;
      // The table's router forwards by itself: the host need not.
      if (!isOwn) middle.forwarding();
      await b.echo({ udp: 7 });
      await using chain = await start(net, { hook, name, config });
      const asks = (there: string, timeout: number) => a.udp(there, 7, 'packet', { timeout });
      const arrives = (there: string) =>
        vi.waitFor(async () => expect(await asks(there, 300)).toMatchObject({ ok: true }), {
          timeout: 15_000,
          interval: 10,
        });

      // Comes: the first packet waits, and arrives.
      await both(async ({ there }) => expect(await asks(there, 4000)).toMatchObject({ ok: true }));
      const first = await numbers(chain);
      await both(async ({ there }) => {
        for (let packet = 0; packet < 20; packet++) expect(await asks(there, 500)).toMatchObject({ ok: true });
      });
      const second = await numbers(chain);
      expect(second.forward - first.forward).toBeGreaterThanOrEqual(80);
      expect(second.up - first.up).toBe(0);
      if (isOwn) expect(first.up).toBeGreaterThanOrEqual(2);

      // Changes: nobody tells; it is found out because it does not answer at the old address.
      const mac = '02:00:00:00:77:77';
      setLink(b.netlink, 'eth0', { mac });
      await both(({ there }) => arrives(there));
      if (isOwn) {
        const known = await entries(chain);
        for (const { there } of families) expect(known).toContainEqual([{ address: there, port: 'b' }, { mac }]);
      }

      // Goes: forgotten, and packets are answered as unreachable rather than sent nowhere.
      for (const { there, length } of families) deleteAddress(b.netlink, 'eth0', `${there}/${length}`);
      if (isOwn) await refusesUnknown(chain, a);
      else await both(async ({ there }) => expect(await asks(there, 1000)).toMatchObject({ ok: false }));

      // Comes again.
      for (const { there, length } of families) addAddress(b.netlink, 'eth0', `${there}/${length}`);
      // It went with the last address.
      b.route('default', '10.2.0.1');
      await both(({ there }) => arrives(there));
    });
  });
});

async function refusesUnknown(chain: RunningChain, a: Host): Promise<void> {
  await vi.waitFor(
    async () => {
      const known = await entries(chain);
      for (const { there } of families) expect(hasEntry(known, there)).toBe(false);
    },
    { timeout: 10_000, interval: 20 },
  );
  const before = await numbers(chain);
  // The second is answered at once: who does not answer is remembered.
  await both(({ there }) => a.udp(there, 7, 'to nobody', { timeout: 1500 }));
  await both(({ there }) => a.udp(there, 7, 'again', { timeout: 500 }));
  expect((await numbers(chain)).up - before.up).toBe(4);
  await vi.waitFor(async () => expect((await numbers(chain)).replies - before.replies).toBe(4), { timeout: 2000 });
}

const both = (work: (family: (typeof families)[number]) => Promise<unknown>) => Promise.all(families.map(work));

test.concurrent('a neighbour whom nobody sends to leaves the table, and comes back with the next packet', async ({
  expect,
}) => {
  await using net = network();
  const { a, b } = net;
  const [, { name, config }] = forwarders;
  await b.echo({ udp: 7 });
  await using chain = await start(net, { hook: 'xdp', name, config });
  expect(await a.udp('10.2.0.2', 7, 'packet', { timeout: 4000 })).toMatchObject({ ok: true });
  expect(hasEntry(await entries(chain), '10.2.0.2')).toBe(true);
  await vi.waitFor(async () => expect(await entries(chain)).toEqual([]), { timeout: 12_000, interval: 100 });
  const begun = performance.now();
  expect(await a.udp('10.2.0.2', 7, 'packet', { timeout: 1000 })).toMatchObject({ ok: true });
  // Linux still knows it: nobody is asked.
  expect(performance.now() - begun).toBeLessThan(500);
});

interface Wanted {
  readonly hook: 'xdp' | 'tcx';
  readonly name: string;
  readonly config: object;
}
let chains = 0;
function start({ middle }: Network, { hook, name, config }: Wanted): Promise<RunningChain> {
  const port = (of: string) => [of, { interface: of, namespace: middle.namespace, hook }] as const;
  const spec = {
    name: `forwarder-${process.pid}-${chains++}`,
    ports: Object.fromEntries(['a', 'b'].map(port)),
    paths: ['a', 'b'].map((of) => [of, `${name}:${of}`]),
    functions: [{ name, use: use(name), config }],
  };
  return startChain(spec, { log: silent });
}

async function numbers(chain: RunningChain) {
  const [found] = (await chain.statistics()).functions;
  if (found === undefined) throw new Error('the chain has a function');
  const { verdicts, reasons, slowPath } = found;
  return { forward: verdicts.forward ?? 0, up: reasons.unresolved?.up ?? 0, replies: slowPath.answered.reply };
}

const entries = async (chain: RunningChain) => (await chain.functions[0]?.entries('neighbours')) ?? [];
const hasEntry = (all: readonly (readonly [unknown, unknown])[], address: string) =>
  all.some(([key]) => Object(key).address === address);
