// Fresh install to reboot, as an operator has it: firewall, DPI and load balancer from one file, before real nginx, under load.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Arena, answers, NAMES, NGINX_PORT, NO_NGINX } from './fixtures/balancer/arena.ts';
import { Installed } from './fixtures/control-plane/installed.ts';

const CHAIN = `web-${process.pid}`;
const URL = 'http://192.0.2.80:80/';
const NO_WRK = spawnSync('wrk', ['--version']).error !== undefined;
const installed = new Installed(CHAIN);
const twinpath = (...operands: readonly string[]) => installed.twinpath(...operands);
let arena: Arena;

interface Wanted {
  readonly ports?: readonly number[];
  readonly drain?: readonly string[];
}

function write({ ports = [80], drain = [] }: Wanted): string {
  const file = installed.file(`${CHAIN}.yaml`);
  const backends = arena.servers.map(
    ({ name, addresses: [address] }) =>
      `            - { address: ${address}, port: ${NGINX_PORT}, drain: ${drain.includes(name)} }`,
  );
  const { namespace } = arena.middle;
  const lines = [
    'ports:',
    `  wan: { interface: wan, namespace: ${namespace} }`,
    `  lan: { interface: lan, namespace: ${namespace} }`,
    'paths:',
    '  - wan → firewall → dpi → balancer → host',
    '  - lan → balancer → host',
    'functions:',
    '  - use: firewall',
    '    config:',
    '      otherwise: drop',
    '      rules:',
    `        - { name: web, direction: in, action: allow, protocol: tcp, port: [${ports}] }`,
    '  - use: dpi',
    '    config: { mode: inline, engine: builtin }',
    '  - name: balancer',
    '    use: load-balancer',
    '    config:',
    '      services:',
    '        - address: 192.0.2.80',
    '          port: 80',
    '          algorithm: round-robin',
    '          backends:',
    ...backends,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

const served = () => answers(arena.client, [URL], 6);
const apply = (wanted: Wanted, ...more: readonly string[]) => twinpath('apply', '-f', write(wanted), ...more);
const value = (metrics: string, series: string) =>
  Number(
    metrics
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')
      .at(-1),
  );

beforeAll(async () => {
  arena = await Arena.open('tp-web');
  await installed.start();
}, 120_000);
afterAll(async () => {
  await installed[Symbol.asyncDispose]();
  await arena[Symbol.asyncDispose]();
  expect(arena.lab.leftovers()).toEqual([]);
});

test.skipIf(NO_NGINX || NO_WRK)(
  'a chain is brought, used, changed under load, and refused or taken back where it is bad',
  async () => {
    const applied = await apply({});
    expect(applied).toMatchObject({ status: 0, stderr: '' });
    await vi.waitFor(async () => expect(await served()).toEqual([...NAMES]), 10_000);

    const wrk = arena.client.spawn('nice', ['-n', '19', 'wrk', '-t', '1', '-c', '8', '-d', '300s', URL]);
    await delay(500);
    expect(await apply({ ports: [80, 443], drain: ['s1'] })).toMatchObject({ status: 0 });
    await vi.waitFor(async () => expect(await served()).toEqual(['s2', 's3']), 5_000);
    expect(await apply({ ports: [80, 443] })).toMatchObject({ status: 0 });
    wrk.child.kill('SIGINT');
    await wrk.exited;
    expect(wrk.stdout).not.toMatch(/Socket errors|Non-2xx/);
    expect(Number(/(\d+) requests in/.exec(wrk.stdout)?.[1])).toBeGreaterThan(100);

    // One that cannot be, and one that cuts everybody off.
    expect(await apply({ ports: [70_000] })).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/web-\d+\.yaml:\d+:\d+ - error/),
    });
    expect(await served()).toEqual([...NAMES]);
    expect(await apply({ ports: [443] }, '--confirm', '1s')).toMatchObject({ status: 0 });
    await vi.waitFor(async () => expect(await served()).toEqual([...NAMES]), 10_000);
    expect(JSON.parse((await twinpath('get', 'config', CHAIN, 'firewall', '--json')).stdout).rules[0].port).toEqual([
      80, 443,
    ]);

    const { stdout: metrics } = await twinpath('get', 'metrics');
    const rule = `{chain="${CHAIN}",function="firewall",table="rules.ordered",rule="rules[0] web"}`;
    expect(value(metrics, `twinpath_rule_packets_total${rule}`)).toBeGreaterThan(0);
    expect(
      value(metrics, `twinpath_table_entries{chain="${CHAIN}",function="firewall",table="flows"}`),
    ).toBeGreaterThan(0);
    expect(value(metrics, `twinpath_function_packets_total{chain="${CHAIN}",function="balancer"}`)).toBeGreaterThan(
      100,
    );
    expect(value(metrics, `twinpath_function_map_memory_bytes{chain="${CHAIN}",function="dpi"}`)).toBeGreaterThan(
      1_000_000,
    );
    expect(
      value(metrics, `twinpath_port_receive_packets_total{chain="${CHAIN}",port="wan",interface="wan"}`),
    ).toBeGreaterThan(100);
    expect(value(metrics, `twinpath_function_compile_seconds{chain="${CHAIN}",function="firewall"}`)).toBeGreaterThan(
      0,
    );
  },
  180_000,
);

test.skipIf(NO_NGINX)(
  'it forwards without its daemon, and is as before when the machine comes back',
  async () => {
    const before = JSON.parse((await twinpath('get', 'chain', CHAIN, '--json')).stdout);
    await installed.end('SIGKILL');
    expect(await served()).toEqual([...NAMES]);
    installed.forget();
    expect(await served()).not.toContain('s1');

    await installed.start();
    expect(await twinpath('status', '--wait')).toMatchObject({ status: 0 });
    expect(JSON.parse((await twinpath('get', 'chain', CHAIN, '--json')).stdout)).toEqual(before);
    await vi.waitFor(async () => expect(await served()).toEqual([...NAMES]), 10_000);
  },
  120_000,
);
