import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deleteClsact, deleteLink, getLink, hasClsact } from '@twinpath/linux';
import { pinDirectory, recordFile } from '@twinpath/runtime/host';
import { createLab, type Host, type Lab } from '@twinpath/testing/lab';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { PASS, STRAY, WAITING } from '../fixtures/functions.ts';
import { tracesOf } from '../fixtures/traces.ts';
import { start, twinpath } from '../fixtures/twinpath.ts';

const CHAIN = `cli-run-${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), 'twinpath-run-'));
const file = join(folder, 'pass.vnf.ts');
/** The same on a port that names its hook. */
const inXdp = join(folder, 'xdp.yaml');
let lab: Lab;
let host: Host;
let peer: Host;

beforeAll(async () => {
  lab = createLab('tp-cli-run');
  [host, peer] = [lab.host('a'), lab.host('b')];
  lab.link(host, 'eth0', peer, 'eth0', { addresses: [['10.0.0.1/24'], ['10.0.0.2/24']] });
  await host.echo({ udp: 7 });
  writeFileSync(file, PASS);
  writeFileSync(inXdp, 'interface: eth7\nhook: xdp\nfunctions:\n  - use: ./pass.vnf.ts\n');
});
afterEach(() => expect(tracesOf(CHAIN, host, 'eth0')).toEqual([]));
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const place = () => ['--interface', 'eth0', '--namespace', host.namespace, '--name', CHAIN];
const startPass = () => start(['run', file, ...place(), '--json']);

test('it runs for the seconds that it is told, says where it sits, and counts', async () => {
  const running = start(['run', inXdp, ...place(), '--seconds', '2', '--json']);
  await running.saying(/sits on eth0 in namespace/);
  expect(tracesOf(CHAIN, host, 'eth0')).toHaveLength(4); // pins, record, XDP and tcx
  for (let sent = 0; sent < 5; sent++) expect(await peer.udp('10.0.0.1', 7, 'hello')).toMatchObject({ ok: true });
  const { status, stdout, stderr } = await running.ended;
  expect(status).toBe(0);
  expect(stderr).toMatch(/xdp \(native\) +tp_pass_in/);
  expect(stderr).toMatch(/tcx-egress +tp_pass_out/);
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(1);
  const result = JSON.parse(lines[0] ?? '');
  expect(result).toMatchObject({ name: CHAIN, interface: 'eth0', namespace: host.namespace, mode: 'native' });
  expect(result.seconds).toBeGreaterThanOrEqual(2);
  const [pass] = result.functions;
  // Both ways: five requests, five answers, and what the hosts say to find each other.
  expect(pass.packets).toBeGreaterThanOrEqual(10);
  expect(pass).toMatchObject({ name: 'pass', fastPath: pass.packets, slowPath: 0, dropped: 0 });
  expect(pass.verdicts.next).toBe(pass.packets);
  expect(pass.nsPerPacket).toBeGreaterThan(0);
});

test('it runs in the engine on AF_XDP, and the host behind it is as before', async () => {
  const running = start(['run', file, ...place(), '--on', 'engine', '--seconds', '2', '--json']);
  await running.saying(/eth0: AF_XDP, by copies, 1 queue; its host by tp-/);
  for (let sent = 0; sent < 5; sent++) expect(await peer.udp('10.0.0.1', 7, 'hello')).toMatchObject({ ok: true });
  const { status, stdout } = await running.ended;
  expect(status).toBe(0);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ name: CHAIN, interface: 'eth0', namespace: host.namespace, on: 'engine' });
  const [pass] = result.functions;
  expect(pass.packets).toBeGreaterThanOrEqual(10);
  expect(pass).toMatchObject({ name: 'pass', fastPath: pass.packets, slowPath: 0, dropped: 0 });
});

test('who may only open packet sockets runs in the engine on those, and is told what that means', async () => {
  const through = [
    'ip',
    'netns',
    'exec',
    host.namespace,
    'setpriv',
    '--bounding-set=-all,+net_raw',
    '--inh-caps=-all,+net_raw',
    '--',
  ];
  const operands = ['run', file, '--interface', 'eth0', '--name', CHAIN, '--on', 'engine', '--seconds', '1', '--json'];
  const running = start(operands, { through });
  await running.saying(/eth0: a packet socket \(AF_XDP wants CAP_BPF, CAP_NET_ADMIN\)/);
  expect(await peer.udp('10.0.0.1', 7, 'hello')).toMatchObject({ ok: true });
  const { status, stdout, stderr } = await running.ended;
  expect(status).toBe(0);
  expect(stderr).toContain('the host sees what arrives as well');
  expect(JSON.parse(stdout).functions[0].packets).toBeGreaterThanOrEqual(1);
});

test('without --json the end is a table', async () => {
  const { status, stdout } = await twinpath(['run', file, ...place(), '--seconds', '0.1']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^FUNCTION +PACKETS +IN THE KERNEL +SLOW PATH +DROPPED +NS\/PACKET\npass /);
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends it in order, also when it comes twice', async (signal) => {
  const running = startPass();
  await running.saying(/Ctrl-C ends it/);
  running.child.kill(signal);
  running.child.kill(signal);
  const { status, stdout } = await running.ended;
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ name: CHAIN });
});

test('what nobody catches in the slow path is told, and ends nothing else; its timers do not keep the process', async () => {
  const stray = join(folder, 'stray.vnf.ts');
  writeFileSync(stray, STRAY);
  const { status, stderr } = await twinpath(['run', stray, ...place(), '--seconds', '4']);
  expect(status).toBe(0);
  // Its thread is started again, each time a little later.
  const told = /^error the slow path has failed, and packets for it are dropped: Error: thrown by a timer/gm;
  expect(stderr.match(told)?.length).toBeGreaterThan(1);
});

test('a reader of its lines that goes away does not end it', async () => {
  const stray = join(folder, 'stray.vnf.ts');
  writeFileSync(stray, STRAY);
  const running = start(['run', stray, ...place(), '--seconds', '2', '--json']);
  await running.saying(/Ctrl-C ends it|sits on/);
  running.child.stderr?.destroy();
  expect(await running.ended).toMatchObject({ status: 0, stdout: expect.stringContaining('"seconds":2') });
});

test('Ctrl-C ends it also while a function never comes to an end with its start', async () => {
  const waiting = join(folder, 'waiting.vnf.ts');
  writeFileSync(waiting, WAITING);
  const running = start(['run', waiting, ...place()]);
  await running.saying(/configure waits/);
  running.child.kill('SIGINT');
  const { status, stderr } = await running.ended;
  expect(status).toBe(1);
  expect(stderr).toContain(`error: chain ${CHAIN}: it was told to end while it started\nhint: `);
});

test('a chain in YAML runs the same, and the command line moves it elsewhere', async () => {
  const chain = join(folder, 'edge.yaml');
  writeFileSync(chain, 'interface: eth7\nmode: generic\nfunctions:\n  - use: ./pass.vnf.ts\n    name: through\n');
  const { status, stdout } = await twinpath(['run', chain, ...place(), '--seconds', '0.1', '--json']);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ mode: 'generic', interface: 'eth0', functions: [{ name: 'through' }] });
});

const withoutCompiler = ['--import', new URL('../fixtures/without-compiler.ts', import.meta.url).href];

test('what a killed process leaves goes on, and `down` takes it away without the compiler', async () => {
  const running = startPass();
  await running.saying(/Ctrl-C ends it/);
  running.child.kill('SIGKILL');
  await running.ended;
  expect(tracesOf(CHAIN, host, 'eth0')).toHaveLength(4);
  expect(await peer.udp('10.0.0.1', 7, 'still there')).toMatchObject({ ok: true });

  const { status, stdout, stderr } = await twinpath(['down', CHAIN, '--json'], { node: withoutCompiler });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const { chains } = JSON.parse(stdout);
  expect(chains).toMatchObject([
    { chain: CHAIN, interface: 'eth0', namespace: host.namespace, process: { alive: false } },
  ]);
  expect(chains[0].links).toHaveLength(2);
  expect(await twinpath(['down', CHAIN])).toEqual({
    status: 0,
    stdout: 'Nothing of Twinpath was there.\n',
    stderr: '',
  });
});

// Not with --all, which would end the chains of others on this machine.
test('`down` finds what a killed process leaves, also when its record is lost', async () => {
  const lost = lab.host('lost');
  lab.link(lost, 'eth0', lab.host('end'), 'eth0');
  const chain = `${CHAIN}-lost`;
  const running = start(['run', file, '--interface', 'eth0', '--namespace', lost.namespace, '--name', chain]);
  await running.saying(/Ctrl-C ends it/);
  running.child.kill('SIGKILL');
  await running.ended;
  rmSync(`/run/twinpath/${chain}.json`);
  const { status, stdout } = await twinpath(['down', chain]);
  expect(status).toBe(0);
  expect(stdout).toMatch(new RegExp(`^${chain} +unknown +2 `, 'm'));
  expect(tracesOf(chain, lost, 'eth0')).toEqual([]);
});

test('a chain whose interface is removed says so, and ends with an error and in order', async () => {
  const gone = lab.host('gone');
  lab.link(gone, 'eth0', lab.host('gone-end'), 'eth0');
  const chain = `${CHAIN}-gone`;
  const running = start(['run', file, '--interface', 'eth0', '--namespace', gone.namespace, '--name', chain]);
  await running.saying(/Ctrl-C ends it/);
  deleteLink(gone.netlink, 'eth0');
  const { status, stderr } = await running.ended;
  expect(status).toBe(1);
  expect(stderr).toContain(`chain ${chain}: interface eth0 was removed`);
  expect([pinDirectory(chain), recordFile(chain)].filter((path) => existsSync(path))).toEqual([]);
});

const oldKernel = ['--import', new URL('../fixtures/old-kernel.ts', import.meta.url).href];

test('without tcx a filter sees what leaves; ended in order it leaves nothing', async () => {
  const running = start(['run', inXdp, ...place(), '--json'], { node: oldKernel });
  await running.saying(/Ctrl-C ends it/);
  expect(tracesOf(CHAIN, host, 'eth0')).toHaveLength(5); // pins, record, XDP, filter and clsact
  const { filters } = JSON.parse(readFileSync(recordFile(CHAIN), 'utf8'));
  expect(filters).toMatchObject([{ hook: 'tcx-egress', place: { direction: 'egress', isFirst: true } }]);
  expect(await peer.udp('10.0.0.1', 7, 'hello')).toMatchObject({ ok: true });
  running.child.kill('SIGTERM');
  const { status, stdout } = await running.ended;
  expect(status).toBe(0);
  const [pass] = JSON.parse(stdout).functions;
  expect(pass.packets).toBeGreaterThanOrEqual(2);
});

test.each(['with', 'without'] as const)('%s its record, `down` finds the filter of a killed process', async (which) => {
  const running = start(['run', inXdp, ...place()], { node: oldKernel });
  await running.saying(/Ctrl-C ends it/);
  running.child.kill('SIGKILL');
  await running.ended;
  if (which === 'without') rmSync(recordFile(CHAIN));
  const { stdout } = await twinpath(['down', CHAIN, '--json'], { node: withoutCompiler });
  const { chains } = JSON.parse(stdout);
  expect(chains[0]).toMatchObject({
    links: [{ type: 'xdp' }],
    filters: [{ chain: CHAIN, program: 'tp_pass_out', direction: 'egress', namespace: host.namespace }],
  });
  // Whose discipline it was is in the record only.
  const { ifindex } = getLink(host.netlink, 'eth0');
  expect(hasClsact(host.netlink, ifindex)).toBe(which === 'without');
  if (which === 'without') deleteClsact(host.netlink, ifindex);
});

const preinstalled = '/usr/bin/node';
const isOlder =
  existsSync(preinstalled) && Number(execFileSync(preinstalled, ['-p', 'parseInt(process.versions.node)'])) < 24;

test.skipIf(!isOlder)('an older Node goes on with the one that npm installed, its signals and status too', async () => {
  const older = { executable: preinstalled };
  expect((await twinpath(['explain', 'nonsense'], older)).status).toBe(2);
  const running = start(['run', file, ...place(), '--json'], older);
  await running.saying(/Ctrl-C ends it/);
  running.child.kill('SIGINT');
  const { status, stdout } = await running.ended;
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ name: CHAIN });
});

test('a file with several chains runs them all, with a function that they share', async () => {
  lab.link(host, 'eth1', peer, 'eth1', { addresses: [['10.1.0.1/24'], ['10.1.0.2/24']] });
  const [first, second] = [`${CHAIN}-1`, `${CHAIN}-2`];
  const at = (name: string) => `interface: ${name}, namespace: ${host.namespace}`;
  const chains = join(folder, 'chains.yaml');
  writeFileSync(
    chains,
    `chains:
  ${second}: { ${at('eth1')}, chain: pass, functions: [{ share: ${first}/pass }] }
  ${first}: { ${at('eth0')}, functions: [{ use: ./pass.vnf.ts }] }
`,
  );
  const running = start(['run', chains, '--seconds', '1', '--json']);
  await running.saying(new RegExp(`${first} sits on eth0[^]*${second} sits on eth1`));
  expect(await peer.udp('10.0.0.1', 7, 'hello')).toMatchObject({ ok: true });
  expect(await peer.udp('10.1.0.1', 7, 'hello')).toMatchObject({ ok: true });
  const { stdout, status } = await running.ended;
  expect(status).toBe(0);
  const { chains: results } = JSON.parse(stdout);
  expect(results).toMatchObject([{ name: first }, { name: second }]);
  // One instance counts what both ports see.
  expect(results[0].functions[0].packets).toBeGreaterThanOrEqual(4);
});
