// Programs of others on a chain's interface.

import { assembleProgram, attachTcx, attachXdp, BpfMap, BpfProgram, queryTcx } from '@twinpath/ebpf';
import { getLink, getOffload, inNamespace, openFds, traceFds } from '@twinpath/linux';
import { lineChain, type PortSpec } from '@twinpath/vnf/chain';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Veth } from '../fixtures/veth.ts';
import { startChain } from './start-chain.ts';

const METER = new URL('../fixtures/meter.vnf.ts', import.meta.url).pathname;
const CHAIN = 'tp-runtime-beside';

let veth: Veth;
let ifindex: number;
let said: string[];
const line = (level: string) => (text: string) => said.push(`${level} ${text}`);
const log = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
beforeAll(() => {
  traceFds();
  veth = new Veth('beside');
  ({ ifindex } = getLink(veth.netlink, 'port'));
});
beforeEach(() => {
  said = [];
});
afterAll(() => {
  veth[Symbol.dispose]();
  expect(openFds()).toEqual([]);
});

const start = (port: Partial<PortSpec>) =>
  startChain(
    lineChain(CHAIN, { interface: 'port', namespace: veth.near, hook: 'xdp', ...port }, [
      { name: 'meter', use: METER },
    ]),
    {
      log,
    },
  );
const settle = () => new Promise((resolve) => setTimeout(resolve, 50));

test("libxdp's dispatcher is known, and tcx works behind it", async () => {
  using dispatcher = BpfProgram.load(assembleProgram('xdp_dispatcher', 'xdp', 'r0 = 2\nexit'));
  using _link = inNamespace(veth.near, () => attachXdp({ program: dispatcher, ifindex, mode: 'native' }));
  await expect(start({})).rejects.toMatchObject({
    message: expect.stringContaining('port has an XDP program already: xdp_dispatcher'),
    hint: expect.stringMatching(/^it is libxdp's dispatcher: xdp-loader status port /),
  });
  await using chain = await start({ hook: 'tcx' });
  expect(said).toContain('info xdp_dispatcher sees packets of port first: it is its XDP program');
  veth.sendIn('ip 10.9.0.2 > 10.9.0.50 / udp 5 > 7');
  await settle();
  expect((await chain.statistics()).functions[0]?.counters.entered).toBe(1);
});

test('tcx programs of others stay nearer to the wire, and are named', async () => {
  using runs = BpfMap.create({ name: 'runs', type: 'array', keySize: 4, valueSize: 8, maxEntries: 1 });
  const text = 'r1 = map[runs][0]+0\nr2 = 1\nlock *(u64 *)(r1 +0) += r2\nr0 = -1\nexit';
  using program = BpfProgram.load(assembleProgram('somebody', 'sched-cls', text), { maps: { runs } });
  using _in = inNamespace(veth.near, () => attachTcx({ program, ifindex, direction: 'ingress' }));
  using _out = inNamespace(veth.near, () => attachTcx({ program, ifindex, direction: 'egress' }));
  const { id } = program.info();
  await using chain = await start({ hook: 'tcx' });
  expect(said).toEqual([
    'info somebody on ingress of port (tcx) stay, before the chain',
    'info somebody on egress of port (tcx) stay, behind the chain',
  ]);
  const order = (direction: 'ingress' | 'egress') =>
    inNamespace(veth.near, () => queryTcx(ifindex, direction)).map(({ programId }) => programId === id);
  expect(order('ingress')).toEqual([true, false]);
  expect(order('egress')).toEqual([false, true]);
  veth.sendIn('ip 10.9.0.2 > 10.9.0.50 / udp 5 > 7');
  veth.sendOut('ip 10.9.0.1 > 10.9.0.50 / udp 5 > 7');
  await settle();
  expect((await chain.statistics()).functions[0]?.counters).toEqual({ entered: 1, left: 1 });
  expect(runs.lookup(new Uint8Array(4))?.[0]).toBe(2);
});

test('generic XDP is said aloud', async () => {
  await using chain = await start({ mode: 'generic' });
  expect(chain.mode).toBe('generic');
  expect(said.filter((text) => text.startsWith('warn GENERIC XDP on port'))).toHaveLength(1);
});

test('the other end of a veth is prepared, and put back', async () => {
  const offloads = () =>
    inNamespace(veth.far, () => [getOffload('far', 'tx-checksum'), getOffload('far', 'gro')].join(' '));
  const before = offloads();
  {
    await using _chain = await start({});
    expect(offloads()).toBe('false true');
    expect(said.at(-1)).toMatch(
      /^info far in namespace tp-runtime-beside-f, the other end of port, has tx-checksum off/,
    );
  }
  expect(offloads()).toBe(before);
  await using _chain = await start({ hook: 'tcx' });
  expect(offloads()).toBe(before);
});
