// `npm start` as people and scripts call it.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deleteLink, listNamespaces, Netlink } from '@twinpath/linux';
import { pinDirectory, recordFile } from '@twinpath/runtime/host';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
// What is missing from Debian is installed before the tests or not at all.
const env = { ...process.env, NO_COLOR: '1', TWINPATH_NO_APT: '1' };

interface Run {
  readonly child: ChildProcess;
  /** Resolves with the numbers in the line that says where the chain sits. */
  readonly sits: Promise<{ readonly chain: string; readonly namespace: string }>;
  readonly ended: Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }>;
}

function start(operands: readonly string[], command: readonly string[] = ['npm', '--silent', 'start', '--']): Run {
  const [name = '', ...rest] = [...command, ...operands];
  const child = spawn(name, rest, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  const ended = new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) => {
    child.once('close', (status) => resolve({ status, ...output }));
  });
  const sits = new Promise<{ chain: string; namespace: string }>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text;
      const place = /Chain (\S+) sits on eth0 of namespace (\S+)\. Sending/.exec(output.stderr);
      if (place !== null) resolve({ chain: place[1] ?? '', namespace: place[2] ?? '' });
    });
    void ended.then(() => reject(new Error(`the main job ended before its chain sat: ${output.stderr}`)));
  });
  sits.catch(() => {}); // only for those who wait for it
  return { child, sits, ended };
}

/** The last line, which is the result. */
function resultOf(stdout: string) {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

async function expectNothingLeft({ sits }: Run): Promise<void> {
  const { chain, namespace } = await sits;
  const prefix = namespace.replace(/middle$/, '');
  expect(listNamespaces().filter((name) => name.startsWith(prefix))).toEqual([]);
  expect([pinDirectory(chain), recordFile(chain)].filter((path) => existsSync(path))).toEqual([]);
}

test('the firewall does what the rules say, in the kernel, and nothing is left', async () => {
  const run = start(['--seconds', '3', '--json']);
  const { status, stdout, stderr } = await run.ended;
  expect(stderr).not.toContain('error');
  const result = resultOf(stdout);
  expect(result.expectations.filter(({ holds }: { holds: boolean }) => !holds)).toEqual([]);
  expect(status).toBe(0);
  expect(result).toMatchObject({ where: 'kernel', hook: 'xdp (native), tcx egress', leftovers: [] });
  expect(result.seconds).toBeGreaterThanOrEqual(3);
  expect(result.expectations.length).toBeGreaterThan(25);
  for (const expectation of result.expectations) {
    expect(Object.keys(expectation)).toEqual(expect.arrayContaining(['name', 'expected', 'seen', 'holds']));
  }
  const [firewall] = result.functions;
  expect(firewall).toMatchObject({ name: 'firewall', fastPath: firewall.packets - firewall.slowPath });
  expect(firewall.slowPath).toBeGreaterThan(0);
  expect(firewall.fastPath).toBeGreaterThan(10 * firewall.slowPath);
  expect(firewall.dropped).toBeGreaterThan(0);
  expect(firewall.nsPerPacket).toBeGreaterThan(0);
  await expectNothingLeft(run);
});

test('Ctrl-C in the middle ends it early, with a result, and nothing is left', async () => {
  const run = start(['--seconds', '60', '--json']);
  await run.sits;
  run.child.kill('SIGINT');
  const { status, stdout } = await run.ended;
  const result = resultOf(stdout);
  expect(result.expectations.filter(({ holds }: { holds: boolean }) => !holds)).toEqual([]);
  expect(result.leftovers).toEqual([]);
  expect(result.seconds).toBeLessThan(30);
  expect(status).toBe(0);
  await expectNothingLeft(run);
});

test('Ctrl-C before the first request leaves nothing either', async () => {
  const run = start(['--json'], [process.execPath, 'tools/main-job.ts']);
  const isOfRun = (name: string) => name.startsWith(`tp-main-job-${run.child.pid}-`);
  await expect.poll(() => listNamespaces().filter(isOfRun).length, { timeout: 20_000, interval: 10 }).toBe(4);
  run.child.kill('SIGINT');
  const { status, stdout, stderr } = await run.ended;
  expect(status).toBe(1);
  expect(stderr).toContain('error: interrupted before the first request\nhint: nothing of it is left');
  expect(resultOf(stdout)).toMatchObject({ error: { code: 'TP_INTERRUPTED' } });
  expect(listNamespaces().filter(isOfRun)).toEqual([]);
});

test('when the interface is taken away in the middle it fails, says so, and nothing is left', async () => {
  const run = start(['--seconds', '2', '--json']);
  const { namespace } = await run.sits;
  {
    using netlink = new Netlink(namespace);
    deleteLink(netlink, 'eth0');
  }
  const { status, stdout } = await run.ended;
  expect(status).toBe(1);
  const { expectations, leftovers } = resultOf(stdout);
  expect(expectations.find(({ name }: { name: string }) => name === 'IPv4, port 80 of the shop')).toMatchObject({
    expected: 'served',
    holds: false,
  });
  expect(leftovers).toEqual([]);
  await expectNothingLeft(run);
});

test('without privileges the same job runs in the engine, and says so', async () => {
  const powerless = [
    'setpriv',
    '--reuid=65534',
    '--regid=65534',
    '--clear-groups',
    '--bounding-set=-all',
    '--inh-caps=-all',
  ];
  using owned = new DisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'twinpath-nobody-'));
  owned.defer(() => rmSync(folder, { recursive: true }));
  chmodSync(folder, 0o777);
  const home = ['env', `HOME=${folder}`];
  const run = start(['--seconds', '1', '--json'], [...powerless, '--', ...home, 'npm', '--silent', 'start', '--']);
  const { status, stdout, stderr } = await run.ended;
  expect(stderr).toMatch(
    /Not in the kernel: this process lacks CAP_BPF .*\n.*\nThe chain runs in the user-space engine/,
  );
  const result = resultOf(stdout);
  expect(result.expectations.filter(({ holds }: { holds: boolean }) => !holds)).toEqual([]);
  expect(result).toMatchObject({ where: 'engine', hook: 'xdp, tcx egress', leftovers: [] });
  expect(result.expectations.length).toBeGreaterThan(25);
  const [firewall] = result.functions;
  expect(firewall.slowPath).toBeGreaterThan(0);
  expect(firewall.dropped).toBeGreaterThan(0);
  expect(firewall.nsPerPacket).toBeGreaterThan(0);
  expect(status).toBe(0);
});

test('who wants the kernel without privileges is told what is missing and how to get it', async () => {
  const powerless = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all', '--'];
  const run = start(['--json', '--on', 'kernel'], [...powerless, process.execPath, 'tools/main-job.ts']);
  const { status, stdout, stderr } = await run.ended;
  expect(status).toBe(1);
  expect(stderr).toMatchInlineSnapshot(`
    "error: the main job needs what this process may not do: CAP_BPF (loads programs into the kernel), CAP_NET_ADMIN (attaches them, and makes interfaces), CAP_PERFMON (lets the verifier follow pointers), CAP_SYS_ADMIN (makes network namespaces)
    hint: run it as root (sudo npm start); in a container, give it the capabilities: --privileged, or --cap-add for each
    "
  `);
  expect(resultOf(stdout)).toMatchObject({ error: { code: 'TP_PRIVILEGE' } });
});

test('a wrong command line is told from a failure', async () => {
  const main = [process.execPath, 'tools/main-job.ts'];
  const { status, stderr } = await start(['--seconds', 'x'], main).ended;
  expect(status).toBe(2);
  expect(stderr).toBe(
    '--seconds x is no number of seconds above 0\nusage: npm start [-- [--seconds N] [--on kernel|engine] [--json]]\n',
  );
  expect((await start(['--secnods', '3'], main).ended).status).toBe(2);
});
