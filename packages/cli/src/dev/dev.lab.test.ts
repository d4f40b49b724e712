import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLab, type Host, type Lab } from '@twinpath/testing/lab';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tracesOf } from '../fixtures/traces.ts';
import { start } from '../fixtures/twinpath.ts';

const CHAIN = `cli-dev-${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), 'twinpath-dev-'));
const file = join(folder, 'seen.vnf.ts');
let lab: Lab;
let host: Host;
let peer: Host;

/** Tells how many packets it has seen of UDP to `port`, which a table knows. */
const source = (
  port: number,
  verdict: 'next' | 'drop',
) => `import { drop, next, table, u16, u32, vnf } from '@twinpath/vnf';
const seen = table({ key: { dport: u16 }, value: { packets: u32 }, max: 16 });
export default vnf({
  name: 'seen',
  tables: { seen },
  fastPath(packet) {
    const udp = packet.ip()?.udp();
    if (udp?.dport !== ${port}) return next;
    const entry = seen.lookup({ dport: udp.dport });
    if (entry) entry.packets += 1;
    else seen.insert({ dport: udp.dport }, { packets: 1 });
    return ${verdict};
  },
  slowPath({ tables, every, log }) {
    every('100 ms', () => log.info([...tables.seen].map(([{ dport }, { packets }]) => \`\${dport}: \${packets}\`).join(', ') || 'none'));
  },
});
`;

beforeAll(async () => {
  lab = createLab('tp-cli-dev');
  [host, peer] = [lab.host('a'), lab.host('b')];
  lab.link(host, 'eth0', peer, 'eth0', { addresses: [['10.0.0.1/24'], ['10.0.0.2/24']] });
  await host.echo({ udp: 7 });
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

test('each version takes the place of the one before, tables stay, and what does not compile changes nothing', async () => {
  writeFileSync(file, source(7, 'next'));
  const running = start(['dev', file, '--interface', 'eth0', '--namespace', host.namespace, '--name', CHAIN]);
  await running.saying(/^Runs: \d+ ms to check, \d+ ms to start/m);
  expect(await peer.udp('10.0.0.1', 7, 'one')).toMatchObject({ ok: true });
  await running.saying(/7: 1$/m);

  writeFileSync(file, source(7, 'next').replace('return next;', 'return nowhere;'));
  await running.saying(/The version before goes on/);
  expect(await peer.udp('10.0.0.1', 7, 'two')).toMatchObject({ ok: true });
  await running.saying(/7: 2$/m);

  writeFileSync(file, source(7, 'drop'));
  await running.saying(/^Swapped, tables kept: \d+ ms to check, \d+ ms to start/m);
  expect(await peer.udp('10.0.0.1', 7, 'three', { timeout: 100 })).toMatchObject({ ok: false });
  await running.saying(/7: 3$/m);

  running.child.kill('SIGINT');
  expect(await running.ended).toMatchObject({ status: 0 });
  expect(tracesOf(CHAIN, host, 'eth0')).toEqual([]);
}, 120_000);
