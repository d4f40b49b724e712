import { fileURLToPath } from 'node:url';
import {
  addAddress,
  addNeighbour,
  createVeth,
  getLink,
  Netlink,
  PacketSocket,
  setLink,
  writeSysctl,
} from '@twinpath/linux';
import { textOf } from '@twinpath/packet';
import type { ChainSpec, PortSpec } from '@twinpath/vnf/chain';
import { expect, test, vi } from 'vitest';
import { silent } from '../fixtures/silent.ts';
import { FAR_ADDRESS, Veth } from '../fixtures/veth.ts';
import { startChain } from './start-chain.ts';

const use = (name: string) => fileURLToPath(new URL(`../fixtures/${name}.vnf.ts`, import.meta.url));

/** From one wire to another, through a function on the port by which packets leave. */
function routed(lan: PortSpec, { near }: Veth): ChainSpec {
  return {
    name: 'tp-hand-over',
    ports: { wan: { interface: 'port', namespace: near, hook: 'tcx' }, lan },
    paths: [
      ['wan', 'routes', 'host'],
      ['lan', 'seen', 'host'],
    ],
    functions: [
      { name: 'routes', use: use('routes') },
      { name: 'seen', use: use('meter') },
    ],
  };
}

test('what tcx hands over is at the other end of the veth without having left, and functions of the port have seen it', async () => {
  using veth = new Veth('hand-over');
  const { netlink, near: namespace } = veth;
  using far = new Netlink(veth.far);
  createVeth(netlink, { name: 'lan', queues: 1, peer: { name: 'farther', queues: 1, namespace: veth.far } });
  createVeth(netlink, { name: 'local', queues: 1, peer: { name: 'locally', queues: 1 } });
  setLink(netlink, 'lan', { up: true });
  setLink(far, 'farther', { up: true });
  addAddress(netlink, 'lan', '10.10.0.1/24');
  addNeighbour(netlink, 'lan', '10.10.0.2', getLink(far, 'farther').mac);
  writeSysctl('net.ipv4.ip_forward', 1, namespace);
  using socket = new PacketSocket({ link: 'farther', namespace: veth.far, receive: 'incoming' });
  const left = () => getLink(netlink, 'lan').statistics.txPackets;
  const arrived: string[] = [];
  const arrives = async (payload: string) => {
    veth.sendIn(`ip ${FAR_ADDRESS} > 10.10.0.2 hops 9 / udp 5 > 7 / "${payload}"`);
    await vi.waitFor(() => {
      for (let frame = socket.receive(); frame !== undefined; frame = socket.receive()) arrived.push(textOf(frame));
      expect(arrived.join('\n')).toContain(`udp 5 > 7 / "${payload}"`);
    }, 2000);
  };
  const lan = { interface: 'lan', namespace, hook: 'tcx' } as const;
  await using chain = await startChain(routed({ ...lan, hook: 'auto', handOver: true }, veth), { log: silent });
  expect(chain.ports).toMatchObject([
    { name: 'wan', hook: 'tcx', why: 'the port says so' },
    { name: 'lan', hook: 'tcx', why: 'the port hands over, which tcx does' },
  ]);
  const before = left();
  await arrives('handed over');
  expect(left()).toBe(before);
  const seen = async () => (await chain.statistics()).functions.find(({ name }) => name === 'seen')?.counters.left;
  expect(await seen()).toBe(1);
  await chain.change(routed(lan, veth));
  await arrives('sent');
  expect(left()).toBe(before + 1n);
  expect(await seen()).toBe(2);
  await chain.change(routed({ interface: 'lan', namespace }, veth));
  expect(chain.ports[1]).toMatchObject({
    hook: 'tcx',
    why: 'a veth brings buffers of senders on this host, which XDP would copy and would want without tso, tx-checksum; it hands over to the other end',
  });
  await arrives('handed over by itself');
  expect(left()).toBe(before + 1n);
  const within = { interface: 'local', namespace, hook: 'tcx', handOver: true } as const;
  await expect(chain.change(routed(within, veth))).rejects.toThrow(
    /local cannot hand over: its other end is in the same/,
  );
});
