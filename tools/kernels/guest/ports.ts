// One chain natively on a device of the machine, and on a veth: packets have the same ends.
import { setTimeout as delay } from 'node:timers/promises';
import {
  addAddress,
  createNamespace,
  createVeth,
  deleteNamespace,
  getDriver,
  getLink,
  listLinks,
  Netlink,
  PacketSocket,
  setLink,
  udpIn,
} from '@twinpath/linux';
import { packetFromText, textOf } from '@twinpath/packet';
import { type RunningPort, startChain } from '@twinpath/runtime';
import { lineChain, type PortSpec } from '@twinpath/vnf/chain';
import { check, Skipped } from './report.ts';

const USE = new URL('reflect.vnf.ts', import.meta.url).pathname;
const [NEAR, FAR] = ['near', 'far'] as const;
const [NEAR_ADDRESS, FAR_ADDRESS] = ['10.9.0.1', '10.9.0.2'] as const;
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const PATIENCE_MS = 60_000;

interface Ends {
  /** Source ports of packets that came to the host. */
  readonly host: readonly number[];
  /** Packets that came back. */
  readonly back: readonly string[];
}
interface Seen extends Ends {
  readonly port: RunningPort;
}

export async function tryPorts(): Promise<void> {
  const wanted: Ends = { host: [1, 44, 1], back: [`ip ${NEAR_ADDRESS} > ${FAR_ADDRESS} / udp 3`] };
  const expectEnds = ({ host, back }: Seen) => {
    const found = JSON.stringify({ host, back });
    if (found !== JSON.stringify(wanted)) throw new Error(`${found}, and not ${JSON.stringify(wanted)}`);
  };
  const cases = [
    ['a virtio-net device', virtio, {}, 'xdp', 'the driver virtio_net has native XDP'],
    ['a veth, in XDP', veth, { hook: 'xdp' }, 'xdp', 'the port says so'],
    ['a veth', veth, {}, 'tcx', undefined],
  ] as const;
  for (const [title, wire, given, hook, why] of cases) {
    await check(`the chain on ${title} chooses its hook, and packets have their ends`, async () => {
      const seen = await over(wire, given);
      const { port } = seen;
      if (port.hook !== hook || port.mode === 'generic') throw new Error(`${port.hook} ${port.mode}: ${port.why}`);
      if (why !== undefined && port.why !== why) throw new Error(port.why);
      expectEnds(seen);
      return `${port.hook}, because ${port.why}`;
    });
  }
}

/** The two devices, joined by the emulator: each in the namespace of an end, under the name that it has there. */
function virtio(): void {
  using netlink = new Netlink();
  const links = listLinks(netlink).filter(({ name, loopback }) => !loopback && getDriver(name) === 'virtio_net');
  const [near, far] = links;
  if (near === undefined || far === undefined) throw new Skipped('this machine has no two virtio-net devices');
  setLink(netlink, near.name, { namespace: NEAR });
  setLink(netlink, far.name, { namespace: FAR });
  for (const [namespace, link, name] of [
    [NEAR, near, 'port'],
    [FAR, far, 'far'],
  ] as const) {
    using inside = new Netlink(namespace);
    setLink(inside, link.name, { name });
  }
}

function veth(): void {
  using netlink = new Netlink(NEAR);
  createVeth(netlink, { name: 'port', queues: 1, peer: { name: 'far', queues: 1, namespace: FAR } });
}

async function over(join: () => void, given: Partial<PortSpec>): Promise<Seen> {
  using stack = new DisposableStack();
  for (const namespace of [NEAR, FAR]) {
    createNamespace(namespace);
    stack.defer(() => deleteNamespace(namespace));
  }
  join();
  const near = stack.use(new Netlink(NEAR));
  const far = stack.use(new Netlink(FAR));
  for (const [netlink, link, address] of [
    [near, 'port', NEAR_ADDRESS],
    [far, 'far', FAR_ADDRESS],
  ] as const) {
    setLink(netlink, link, { up: true });
    addAddress(netlink, link, `${address}/24`);
  }
  const macs = { near: getLink(near, 'port').mac, far: getLink(far, 'far').mac };
  const wire = stack.use(new PacketSocket({ link: 'far', namespace: FAR, receive: 'incoming' }));
  const host: number[] = [];
  const socket = udpIn(NEAR, 4).on('message', (_, { port }) => host.push(port));
  stack.defer(() => socket.close());
  const spec = lineChain('ports', { interface: 'port', namespace: NEAR, ...given }, [{ name: 'reflect', use: USE }]);
  await using chain = await startChain(spec, { log: SILENT });
  const [port] = chain.ports;
  if (port === undefined) throw new Error('the chain has one port');
  const back: string[] = [];
  const send = (sport: number) => {
    const text = `ip ${FAR_ADDRESS} > ${NEAR_ADDRESS} / udp ${sport} > ${socket.address().port} / "x"`;
    wire.send(packetFromText(`eth ${macs.far} > ${macs.near} / ${text}`));
  };
  const until = async (isDone: () => boolean) => {
    const end = performance.now() + PATIENCE_MS;
    while (!isDone() && performance.now() < end) {
      for (let frame = wire.receive(); frame !== undefined; frame = wire.receive()) {
        const [, addresses, sport] = /(ip \S+ > \S+) .*(\/ udp \d+) >/.exec(textOf(frame)) ?? [];
        if (sport !== undefined) back.push(`${addresses} ${sport}`);
      }
      await delay(5);
    }
  };
  send(1);
  await until(() => host.length === 1);
  for (const sport of [2, 3, 4, 1]) send(sport);
  await until(() => host.length >= 3 && back.length > 0);
  return { port, host, back };
}
