// What programs remember of the kernel's routes, while these change.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { HOPS, STATE } from '@twinpath/compiler/abi';
import { BpfMap } from '@twinpath/ebpf';
import { addNeighbour, addRoute, deleteNeighbour, openFds, traceFds, writeSysctl } from '@twinpath/linux';
import { textOf } from '@twinpath/packet';
import { lineChain } from '@twinpath/vnf/chain';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { RunningChain } from '../chain/running.ts';
import { startChain } from '../chain/start-chain.ts';
import { silent } from '../fixtures/silent.ts';
import { Veth } from '../fixtures/veth.ts';
import { pinDirectory } from '../host/paths.ts';
import { MAPS } from '../host/pins.ts';

const CHAIN = 'tp-runtime-hops';
const ROUTES = new URL('../fixtures/routes.vnf.ts', import.meta.url).pathname;
const GATEWAY = '10.9.0.77';

let veth: Veth;
let chain: RunningChain;

beforeAll(async () => {
  traceFds();
  veth = new Veth('hops');
  writeSysctl('net.ipv4.ip_forward', 1, veth.near);
  addNeighbour(veth.netlink, 'port', GATEWAY, macOf(1));
  addRoute(veth.netlink, { destination: '198.51.100.0/24', gateway: GATEWAY });
  const port = { interface: 'port', namespace: veth.near, hook: 'tcx' } as const;
  chain = await startChain(lineChain(CHAIN, port, [{ name: 'routes', use: ROUTES }]), { log: silent });
});
afterAll(async () => {
  await chain.stop();
  veth[Symbol.dispose]();
  expect(openFds()).toEqual([]);
});

const macOf = (last: number) => `02:00:00:00:00:0${last}`;

/** The addresses that packets leave with. */
function send(count = 1): readonly string[] {
  veth.takeOut();
  for (let n = 0; n < count; n++) veth.sendIn('ip 10.9.0.2 > 198.51.100.7 / udp 1 > 2 / "on"');
  return veth.takeOut().map((frame) => /eth \S+ > (\S+)/.exec(textOf(frame))?.[1] ?? '');
}

function told() {
  using map = BpfMap.fromPin(join(pinDirectory(CHAIN), MAPS, 'routes', STATE.map));
  using memory = map.mapMemory();
  const view = new DataView(memory.buffer);
  return {
    generation: view.getUint32(STATE.network, true),
    byDestination: view.getUint32(STATE.byDestination, true) === 1,
  };
}

/** On any CPU. */
function isRemembered(): boolean {
  using map = BpfMap.fromPin(join(pinDirectory(CHAIN), MAPS, 'routes', HOPS));
  const wanted = Buffer.from([198, 51, 100, 7]);
  return [...map.entriesPerCpu()].some(([, values]) => values.some((value) => Buffer.from(value).includes(wanted)));
}

test('the kernel is asked again as soon as it tells of a neighbour or a route that changed', async () => {
  expect(send(3)).toEqual([macOf(1), macOf(1), macOf(1)]);
  expect(isRemembered()).toBe(true);
  const { generation } = told();
  expect(generation).toBeGreaterThan(0);

  addNeighbour(veth.netlink, 'port', GATEWAY, macOf(2));
  await vi.waitFor(() => expect(told().generation).not.toBe(generation), { interval: 1 });
  expect(send()).toEqual([macOf(2)]);

  const before = told().generation;
  addNeighbour(veth.netlink, 'port', '10.9.0.78', macOf(3));
  addRoute(veth.netlink, { destination: '198.51.100.7/32', gateway: '10.9.0.78' });
  await vi.waitFor(() => {
    expect(told().generation).not.toBe(before);
    expect(send()).toEqual([macOf(3)]);
  });

  deleteNeighbour(veth.netlink, 'port', '10.9.0.78');
  // The host resolves it, and nobody answers.
  await vi.waitFor(() => expect(send()).toEqual([]));
});

test('what else than the destination decides is found out, and when it comes', async () => {
  expect(told().byDestination).toBe(true);
  const ip = (...words: readonly string[]) => execFileSync('ip', ['-n', veth.near, ...words]);
  ip('rule', 'add', 'from', '10.9.0.3', 'lookup', '100');
  await vi.waitFor(() => expect(told().byDestination).toBe(false));
  ip('rule', 'del', 'from', '10.9.0.3', 'lookup', '100');
  await vi.waitFor(() => expect(told().byDestination).toBe(true));
  ip('route', 'add', '203.0.113.0/24', 'nexthop', 'via', GATEWAY, 'nexthop', 'via', '10.9.0.78');
  await vi.waitFor(() => expect(told().byDestination).toBe(false));
});
