// A namespace that forwards: what enters by `in` and is not filtered leaves by `out`, at whose end it is dropped.
import { writeFileSync } from 'node:fs';
import { attachXdp, type BpfProgram, type XdpLink } from '@twinpath/ebpf';
import {
  addAddress,
  addNeighbour,
  addRoute,
  createNamespace,
  createVeth,
  deleteNamespace,
  getLink,
  inNamespace,
  Netlink,
  setLink,
} from '@twinpath/linux';

export const MAC = '02:00:00:00:00:0a';

export class Road implements Disposable {
  readonly namespace: string;
  readonly ifindex: number;
  /** An interface to attach to what is attached nowhere else. */
  readonly idle: number;
  readonly #netlink: Netlink;
  readonly #end: XdpLink;

  /** `dropAll`: an XDP program that does so. */
  constructor(namespace: string, dropAll: BpfProgram) {
    this.namespace = namespace;
    createNamespace(namespace);
    // Its own packets would be counted as ours.
    inNamespace(namespace, () => writeFileSync('/proc/sys/net/ipv6/conf/default/disable_ipv6', '1'));
    this.#netlink = new Netlink(namespace);
    createVeth(this.#netlink, { name: 'in', queues: 1, peer: { name: 'in-peer', queues: 1 } });
    createVeth(this.#netlink, { name: 'idle', queues: 1, peer: { name: 'idle-peer', queues: 1 } });
    createVeth(this.#netlink, { name: 'out', queues: 1, peer: { name: 'end', queues: 1 } });
    setLink(this.#netlink, 'in', { mac: MAC });
    for (const name of ['lo', 'in', 'in-peer', 'idle', 'idle-peer', 'out', 'end'])
      setLink(this.#netlink, name, { up: true });
    addAddress(this.#netlink, 'out', '198.18.0.1/30');
    addRoute(this.#netlink, { destination: 'default', gateway: '198.18.0.2', link: 'out' });
    inNamespace(namespace, () => {
      writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
      for (const name of ['all', 'in']) writeFileSync(`/proc/sys/net/ipv4/conf/${name}/rp_filter`, '0');
    });
    addNeighbour(this.#netlink, 'out', '198.18.0.2', MAC);
    const { ifindex: end } = getLink(this.#netlink, 'end');
    this.#end = inNamespace(namespace, () => attachXdp({ program: dropAll, ifindex: end, mode: 'native' }));
    this.ifindex = getLink(this.#netlink, 'in').ifindex;
    this.idle = getLink(this.#netlink, 'idle').ifindex;
  }

  /** Packets that were let through, whether the end took them or had no room. */
  left(): number {
    const { txPackets, txDropped } = getLink(this.#netlink, 'out').statistics;
    return Number(txPackets + txDropped);
  }

  /** Id of the XDP program that somebody has attached to `in`. */
  attached(): number {
    const { xdp } = getLink(this.#netlink, 'in');
    if (xdp === undefined) throw new Error('nothing is attached to `in`');
    return xdp.programId;
  }

  [Symbol.dispose](): void {
    this.#end[Symbol.dispose]();
    this.#netlink[Symbol.dispose]();
    deleteNamespace(this.namespace);
  }
}
