// A router whose rules are iptables' with connection tracking. The firewall refuses in XDP what is common, the rest is iptables' to decide,
// and what it has let through is forwarded by the fast path.
import { libraryFunctions } from '@twinpath/functions';
import { type RunningChain, startChain } from '@twinpath/runtime';
import { createLab, type Host, type Lab } from '@twinpath/testing/lab';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { silent } from './fixtures/silent.ts';

const [INSIDE, OUTSIDE] = ['10.1.0.2', '10.2.0.2'];
const PORTS = { open: 8000, byFirewall: 8001, byTables: 8002 } as const;

let lab: Lab;
let router: Host;
let inside: Host;
let outside: Host;
let chain: RunningChain;

beforeAll(async () => {
  lab = createLab('tp-beside');
  router = lab.host('router');
  [inside, outside] = [lab.host('in'), lab.host('out')];
  router.forwarding();
  router.sysctl('net.netfilter.nf_conntrack_tcp_be_liberal', 1);
  for (const [host, net] of [
    [inside, 1],
    [outside, 2],
  ] as const) {
    const addresses = [[`10.${net}.0.1/24`], [`10.${net}.0.2/24`]] as const;
    lab.link(router, host.name, host, 'eth0', { addresses, knownNeighbours: true });
    host.route('default', `10.${net}.0.1`);
  }
  for (const port of Object.values(PORTS)) await outside.echo({ tcp: port });
  await router.exec('iptables', ['-P', 'FORWARD', 'DROP']);
  for (const rule of [
    '-m conntrack --ctstate INVALID -j DROP',
    '-m conntrack --ctstate ESTABLISHED -j ACCEPT',
    `-p tcp --dport ${PORTS.byTables} -j DROP`,
    '-i in -j ACCEPT',
  ]) {
    await router.exec('iptables', ['-A', 'FORWARD', ...rule.split(' ')]);
  }
  const port = (name: string) => [name, { interface: name, namespace: router.namespace, hook: 'xdp' }] as const;
  const rules = [{ name: 'common', action: 'drop', direction: 'in', protocol: 'tcp', port: PORTS.byFirewall }];
  const use = (name: string) => libraryFunctions().get(name) ?? '';
  chain = await startChain(
    {
      name: `beside-${process.pid}`,
      ports: Object.fromEntries(['in', 'out'].map(port)),
      paths: ['in', 'out'].map((name) => [name, 'firewall', 'offload', 'host']),
      functions: [
        {
          name: 'firewall',
          use: use('firewall'),
          config: { stateful: false, otherwise: 'allow', otherTypes: 'allow', rules },
        },
        { name: 'offload', use: use('offload') },
      ],
    },
    { log: silent },
  );
});
afterAll(async () => {
  await chain.stop();
  await lab[Symbol.asyncDispose]();
  expect(lab.leftovers()).toEqual([]);
});

/** Packets that met each rule of iptables, in order. */
async function rules(): Promise<readonly number[]> {
  const { stdout } = await router.exec('iptables', ['-L', 'FORWARD', '-v', '-x', '-n']);
  return stdout
    .split('\n')
    .slice(2)
    .filter((line) => line.trim() !== '')
    .map((line) => Number(line.trim().split(/\s+/)[0]));
}

const counters = async (name: string) =>
  (await chain.statistics()).functions.find((one) => one.name === name)?.counters ?? {};

test('the firewall refuses before connection tracking knows of it', async () => {
  expect(await inside.tcp(OUTSIDE, PORTS.byFirewall, 'x', { timeout: 300 })).toMatchObject({ ok: false });
  expect(await rules()).toEqual([0, 0, 0, 0]);
  expect((await counters('firewall')).refused).toBeGreaterThan(0);
  const { stdout } = await router.exec('conntrack', ['-L']);
  expect(stdout).not.toContain(`dport=${PORTS.byFirewall}`);
});

test('iptables decides about the rest', async () => {
  expect(await inside.tcp(OUTSIDE, PORTS.byTables, 'x', { timeout: 300 })).toMatchObject({ ok: false });
  const [invalid, established, refused = 0] = await rules();
  expect({ invalid, established }).toEqual({ invalid: 0, established: 0 });
  expect(refused).toBeGreaterThan(0);
});

test('eFW 3: what both let through is offloaded, and connection tracking sees whole connections', async () => {
  const bytes = Buffer.alloc(1_000_000, 'stream');
  const answer = await inside.tcp(OUTSIDE, PORTS.open, bytes, { timeout: 10_000 });
  expect(answer.ok && Buffer.compare(answer.data, bytes)).toBe(0);
  const [invalid, established = 0] = await rules();
  expect(invalid).toBe(0);
  const { offloaded = 0, host = 0 } = await counters('offload');
  expect(offloaded).toBeGreaterThan(host);
  expect(established).toBeGreaterThan(0);
  const { stdout } = await router.exec('conntrack', ['-L']);
  expect(stdout).toMatch(new RegExp(`tcp .*(TIME_WAIT|LAST_ACK|CLOSE) src=${INSIDE} .*dport=${PORTS.open}`));
});
