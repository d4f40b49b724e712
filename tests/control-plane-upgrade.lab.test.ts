// What docs/guides/install.md and upgrade.md promise of the service: another version comes over a running one, and all of it goes again.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createLab, type Host, type Lab } from '@twinpath/testing/lab';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installed } from './fixtures/control-plane/installed.ts';

const CHAIN = `upgrade-${process.pid}`;
const installed = new Installed(CHAIN);
const PINS = `/sys/fs/bpf/twinpath/${CHAIN}`;
const RECORD = `/run/twinpath/${CHAIN}.json`;
let lab: Lab;
let host: Host;
let peer: Host;

/** What it has refused, it has seen itself: that is nowhere but in its map. */
const CLOSER = `import { counters, drop, next, table, u16, u64, vnf } from '@twinpath/vnf';
const refused = table({ key: { sport: u16 }, value: { packets: u64 }, max: 64 });
const count = counters({ refused: 'packets to port 7' });
export default vnf({
  name: 'closer',
  tables: { refused },
  counters: count,
  fastPath(packet) {
    const udp = packet.ip()?.udp();
    if (udp?.dport !== 7) return next;
    refused.put({ sport: udp.sport }, { packets: 1n });
    count.refused();
    return drop;
  },
});
`;

const passes = async (port: number) => (await peer.udp('10.0.0.1', port, 'x', { timeout: 300 })).ok;
const json = async (...operands: readonly string[]) =>
  JSON.parse((await installed.twinpath(...operands, '--json')).stdout);
const state = async () => ({
  chain: await json('get', 'chain', CHAIN),
  history: (await json('history')).revisions,
  refused: (await json('get', 'table', CHAIN, 'closer', 'refused')).entries,
});
const counted = async (): Promise<number> => (await json('get', 'statistics', CHAIN)).functions[0].counters.refused;

beforeAll(async () => {
  lab = createLab('tp-upgrade');
  [host, peer] = [lab.host('a'), lab.host('b')];
  lab.link(host, 'eth0', peer, 'eth0', { addresses: [['10.0.0.1/24'], ['10.0.0.2/24']] });
  await host.echo({ udp: 7 });
  await host.echo({ udp: 8 });
  await installed.start();
  writeFileSync(installed.file('closer.vnf.ts'), CLOSER);
  expect(await installed.twinpath('upload', installed.file('closer.vnf.ts'))).toMatchObject({ status: 0 });
  const file = installed.file(`${CHAIN}.yaml`);
  const chain = { interface: 'eth0', namespace: host.namespace, functions: [{ use: 'closer' }] };
  writeFileSync(file, JSON.stringify(chain));
  expect(await installed.twinpath('apply', '-f', file)).toMatchObject({ status: 0, stderr: '' });
}, 120_000);
afterAll(async () => {
  await installed[Symbol.asyncDispose]();
  await lab[Symbol.asyncDispose]();
});

test('a newer daemon takes over what runs: no packet is lost or let through meanwhile, and state is as before', async () => {
  expect([await passes(7), await passes(8)]).toEqual([false, true]);
  const before = await state();
  expect(before.refused).toHaveLength(1);
  installed.install('99.0.0');
  let isOver = false;
  const answers: boolean[] = [];
  const traffic = (async () => {
    while (!isOver) answers.push(await passes(8));
  })();
  // `systemctl restart`.
  expect(await installed.end('SIGTERM')).toBe(0);
  expect(await passes(7)).toBe(false);
  await installed.start();
  expect(await installed.twinpath('status', '--wait')).toMatchObject({ status: 0 });
  isOver = true;
  await traffic;
  expect(answers.length).toBeGreaterThan(10);
  expect(answers).not.toContain(false);

  expect(await json('status')).toMatchObject({ version: '99.0.0', healthy: true, chains: [{ state: 'running' }] });
  const after = await state();
  expect(after).toMatchObject({ chain: before.chain, history: before.history });
  expect(after.refused).toEqual(expect.arrayContaining(before.refused));
  expect(await counted()).toBe(2);
}, 120_000);

test('when the service is gone its chains run on, until they are taken off the host', async () => {
  expect(await installed.end('SIGTERM')).toBe(0);
  expect([await passes(7), await passes(8), existsSync(PINS), existsSync(RECORD)]).toEqual([false, true, true, true]);
  expect(JSON.parse(readFileSync(RECORD, 'utf8'))).toMatchObject({ chain: CHAIN });
  expect(await installed.twinpath('down', CHAIN)).toMatchObject({ status: 0, stderr: '' });
  expect([await passes(7), await passes(8), existsSync(PINS), existsSync(RECORD)]).toEqual([true, true, false, false]);
}, 60_000);
