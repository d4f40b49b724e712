// What users get wrong: each with the exact message, and nothing half attached.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assembleProgram, attachXdp, BpfProgram } from '@twinpath/ebpf';
import { inNamespace } from '@twinpath/linux';
import { createLab, type Host, type Lab } from '@twinpath/testing/lab';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { PASS, SYNTAX_ERROR, UNSUPPORTED } from '../fixtures/functions.ts';
import { tracesOf } from '../fixtures/traces.ts';
import { type Ended, start, twinpath } from '../fixtures/twinpath.ts';

const CHAIN = `bad-input-${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), 'twinpath-bad-input-'));
let lab: Lab;
let host: Host;

beforeAll(() => {
  lab = createLab('tp-cli-bad');
  host = lab.host('a');
  lab.link(host, 'eth0', lab.host('b'), 'eth0');
  chmodSync(folder, 0o755);
  const xdp = 'interface: eth7\nhook: xdp\nfunctions:\n  - use: ./pass.vnf.ts\n';
  const files = {
    'pass.vnf.ts': PASS,
    'xdp.yaml': xdp,
    'syntax.vnf.ts': SYNTAX_ERROR,
    'unsupported.vnf.ts': UNSUPPORTED,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
});
afterEach(() => expect(tracesOf(CHAIN, host, 'eth0')).toEqual([]));
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const place = () => ['--interface', 'eth0', '--namespace', host.namespace, '--name', CHAIN, '--seconds', '1'];

function run(target: string, ...operands: readonly string[]): Promise<Ended> {
  return twinpath(['run', target, ...place(), ...operands], { cwd: folder });
}

/** What was said, without what differs from run to run. */
function saidBy({ stderr }: Ended): string {
  return stderr
    .replaceAll(`${folder}/`, '')
    .replaceAll(host.namespace, 'NAMESPACE')
    .replaceAll(CHAIN, 'CHAIN')
    .trimEnd();
}

test('a syntax error is shown where it is', async () => {
  const ended = await run('syntax.vnf.ts');
  expect(saidBy(ended)).toMatchInlineSnapshot(`
    "syntax.vnf.ts:5:26 - error TP1001: ')' expected
        5 |     const ip = packet.ip(;
          |                          ^
          hint: the file is not TypeScript that can be parsed; correct it there"
  `);
  expect(ended).toMatchObject({ status: 1, stdout: '' });
});

test('what the fast path has not is shown where it is, with what to write instead', async () => {
  const ended = await run('unsupported.vnf.ts');
  expect(saidBy(ended)).toMatchInlineSnapshot(`
    "unsupported.vnf.ts:5:5 - error TP1011: there are no exceptions in the fast path: 'try'
        5 |     try {
          |     ^^^^^
          hint: \`undefined\` is the only failure: return it, or a verdict, and test for it with if"
  `);
  expect(ended.status).toBe(1);
});

test('a rule file with a wrong prefix is shown at its line', async () => {
  const rules = 'otherwise: allow\nrules:\n  - action: drop\n    from: 10.0.0.0/33\n';
  writeFileSync(join(folder, 'rules.yaml'), rules);
  const ended = await run('firewall', '--config', 'rules.yaml');
  expect(saidBy(ended)).toMatchInlineSnapshot(`
    "rules.yaml:4:11 - error: rules[0].from: '10.0.0.0/33' is not a prefix: '33' is no number of bits from 0 to 32
        4 |     from: 10.0.0.0/33
          |           ^^^^^^^^^^^
          hint: write an address and a number of bits, such as '192.0.2.0/24'"
  `);
  expect(ended.status).toBe(1);
});

test('a missing interface is named, with those that there are', async () => {
  const ended = await run('pass.vnf.ts', '--interface', 'eth9');
  expect(saidBy(ended)).toMatchInlineSnapshot(`
    "error: chain CHAIN: there is no interface eth9 in namespace NAMESPACE
      because: netlink RTM_GETLINK for interface eth9 failed: ENODEV (no such device)
    hint: interfaces in namespace NAMESPACE are lo, eth0"
  `);
  expect(ended.status).toBe(1);
});

test('a missing namespace is named', async () => {
  const ended = await run('pass.vnf.ts', '--namespace', 'tp-no-such-namespace', '--json');
  expect(saidBy(ended)).toMatchInlineSnapshot(`
    "error: chain CHAIN: there is no network namespace tp-no-such-namespace
      because: open for network namespace tp-no-such-namespace failed: ENOENT (no such file or directory)
    hint: \`ip netns\` lists those that have names; \`pid:<process in it>\` is that of a container"
  `);
  expect(ended.status).toBe(1);
  expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code: 'TP_NAMESPACE' } });
});

test('what the host refuses is told at its line of the file, with its own code', async () => {
  const ended = await twinpath(['run', 'xdp.yaml', '--namespace', host.namespace, '--json'], { cwd: folder });
  const { error } = JSON.parse(ended.stdout);
  expect(error).toMatchObject({ code: 'TP_INTERFACE', message: expect.stringContaining('xdp.yaml:1:12 - error: ') });
});

test('an interface with an XDP program is left as it is, and the program named', async () => {
  const foreign = BpfProgram.load(assembleProgram('theirs', 'xdp', 'r0 = 2\nexit'));
  const link = inNamespace(host.namespace, () =>
    attachXdp({ program: foreign, ifindex: host.ifindex('eth0'), mode: 'native' }),
  );
  const { id } = foreign.info();
  try {
    const ended = await run('xdp.yaml');
    expect(saidBy(ended).replaceAll(String(id), 'ID')).toMatchInlineSnapshot(`
      "error: chain CHAIN: eth0 has an XDP program already: theirs (id ID, native)
      hint: remove it: ip link set dev eth0 xdp off, or bpftool link detach; or let packets enter by \`hook: tcx\`, behind it"
    `);
    expect(ended.status).toBe(1);
    expect(tracesOf(CHAIN, host, 'eth0')).toEqual([`XDP program ${id}`]);
  } finally {
    link.detach();
    link[Symbol.dispose]();
    foreign[Symbol.dispose]();
  }
});

test('a chain of ours in the way is named with the command that removes it', async () => {
  const first = `${CHAIN}-first`;
  const running = start(['run', 'xdp.yaml', ...place(), '--name', first, '--seconds', '60'], { cwd: folder });
  await running.saying(/Ctrl-C|sits on/);
  const ended = await run('xdp.yaml');
  running.child.kill('SIGTERM');
  const said = saidBy(ended).replaceAll(String(running.child.pid), 'PID');
  expect(said.replace(/id \d+/, 'id ID')).toMatchInlineSnapshot(`
    "error: chain CHAIN: eth0 has an XDP program already: tp_pass_in (id ID, native, chain CHAIN-first, process PID)
    hint: twinpath down CHAIN-first"
  `);
  expect(ended.status).toBe(1);
  expect((await running.ended).status).toBe(0);
});

test('a kernel without a feature is told from one that has it', async () => {
  const old = ['--import', new URL('../fixtures/without-tc.ts', import.meta.url).href];
  const ended = await twinpath(['run', 'pass.vnf.ts', ...place()], { cwd: folder, node: old });
  expect(saidBy(ended)).toMatchInlineSnapshot(`
    "error: tcx links are not supported by this kernel (needs 6.6 or newer)
    hint: run a kernel of version 6.6 or newer"
  `);
  expect(ended.status).toBe(1);
});

// Still root, who can read any checkout, but without a capability.
const powerless = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all', '--'];

test('without privileges it says which are missing, and how to get them', async () => {
  const ended = await twinpath(['run', 'pass.vnf.ts', ...place()], { cwd: folder, through: powerless });
  expect(saidBy(ended)).toMatchInlineSnapshot(`
    "error: chain CHAIN: the process lacks CAP_BPF (to load programs and maps), CAP_PERFMON (for programs that work with packet pointers), CAP_NET_ADMIN (to attach programs to interfaces), CAP_NET_RAW (to send packets), CAP_SYS_ADMIN (to enter network namespaces and to see programs of others)
    hint: run as root, or as a service with AmbientCapabilities=CAP_BPF CAP_PERFMON CAP_NET_ADMIN CAP_NET_RAW CAP_SYS_ADMIN"
  `);
  expect(ended.status).toBe(1);
});

test('without privileges a function is checked without the kernel, and that is said', async () => {
  const ended = await twinpath(['check', 'pass.vnf.ts', '--json'], { cwd: folder, through: powerless });
  expect(ended).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(ended.stdout)).toMatchObject({
    ok: true,
    verified: false,
    notVerifiedBecause: 'this process lacks CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON',
    programs: [{ hook: 'xdp' }, { hook: 'tcx-egress' }],
  });
});
