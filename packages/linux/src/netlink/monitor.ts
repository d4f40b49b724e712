// What the kernel tells of its own accord: interfaces, addresses, neighbours, routes and rules that come, change and go.

import { Errno } from '../errno.ts';
import type { Fd } from '../fd.ts';
import { sys } from '../ffi.ts';
import { inNamespace, type NamespaceRef } from '../namespace/enter.ts';
import { Socket } from '../socket.ts';
import { check, isSyscallError } from '../syscall-error.ts';
import { type InterfaceAddress, parseAddress } from './address.ts';
import { type Link, parseLink } from './link-info.ts';
import { headerSize, messages, NetlinkReader } from './message.ts';
import { type Neighbour, parseNeighbour } from './neighbour.ts';
import { isCachedRoute, parseRoute, type Route } from './route.ts';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const NETLINK_ROUTE = 0;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
/** Of one interface's events; the kernel charges each message for its whole buffer. */
const RECEIVE_BUFFER = 1 << 20;

/** RTNLGRP_…, include/uapi/linux/rtnetlink.h; a set of them is a mask, from bit 0 for group 1. */
const GROUPS = { link: [1], neighbour: [3], address: [5, 9], route: [7, 11], rule: [8, 19] } as const;

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_NEWNEIGH = 28;
const RTM_DELNEIGH = 29;
const RTM_NEWRULE = 32;
const RTM_DELRULE = 33;

/** `gone`: as it was last. Of IPv4 and IPv6 alike. */
export type NetworkEvent =
  | { readonly kind: 'link'; readonly gone: boolean; readonly link: Link }
  | { readonly kind: 'address'; readonly gone: boolean; readonly address: InterfaceAddress }
  | { readonly kind: 'neighbour'; readonly gone: boolean; readonly neighbour: Neighbour }
  | { readonly kind: 'route'; readonly gone: boolean; readonly route: Route }
  /** Of policy routing. */
  | { readonly kind: 'rule'; readonly gone: boolean }
  /** More came than the socket had room for: some events are lost, and what is of interest has to be read anew. */
  | { readonly kind: 'overrun' };

export interface NetworkMonitorOptions {
  readonly of: readonly (keyof typeof GROUPS)[];
  /** Default: this thread's. */
  readonly namespace?: NamespaceRef | undefined;
  /** Bytes of events that may wait to be read; default 1 MiB. */
  readonly receiveBufferSize?: number;
}

/** Events of one network namespace, from when it is made. Read what there is behind that, so that nothing is missed. */
export class NetworkMonitor implements Disposable {
  readonly #socket: Socket;
  readonly #bytes = new Uint8Array(64 * 1024);

  constructor({ of, namespace, receiveBufferSize = RECEIVE_BUFFER }: NetworkMonitorOptions) {
    const open = () => new Socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_ROUTE, 'rtnetlink events');
    this.#socket = namespace === undefined ? open() : inNamespace(namespace, open);
    try {
      setReceiveBuffer(this.#socket, receiveBufferSize);
      const mask = of.flatMap((kind) => [...GROUPS[kind]]).reduce((bits, group) => bits | (1 << (group - 1)), 0);
      // struct sockaddr_nl: u16 family, u16 padding, u32 port, u32 groups.
      this.#socket.bind(new Uint8Array(Uint32Array.of(AF_NETLINK, 0, mask).buffer));
    } catch (error) {
      this.#socket[Symbol.dispose]();
      throw error;
    }
  }

  /** For pollFd(), or another watch; read until nothing is left. */
  get fd(): Fd {
    return this.#socket.fd;
  }

  /** Events that have come, in order; none: there are no more for now. */
  read(): readonly NetworkEvent[] {
    for (;;) {
      const received = sys.recv(this.#socket.fd.number, this.#bytes, this.#bytes.length, 0);
      if (received === -Errno.EAGAIN) return [];
      if (received === -Errno.ENOBUFS) return [{ kind: 'overrun' }];
      if (received === -Errno.EINTR) continue;
      check('recv', received, { subject: 'rtnetlink events' });
      const events = [...messages(this.#bytes.slice(0, received))].flatMap((message) => eventOf(message) ?? []);
      // What came may be of no interest: an empty list is only for an empty socket.
      if (events.length > 0) return events;
    }
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}

function eventOf(message: NetlinkReader): NetworkEvent | undefined {
  const body = new NetlinkReader(message.bytes.subarray(headerSize));
  const type = message.u16(4);
  switch (type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
      return { kind: 'link', gone: type === RTM_DELLINK, link: parseLink(body) };
    case RTM_NEWADDR:
    case RTM_DELADDR:
      return { kind: 'address', gone: type === RTM_DELADDR, address: parseAddress(body) };
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
      if (isCachedRoute(body)) return undefined;
      return { kind: 'route', gone: type === RTM_DELROUTE, route: parseRoute(body) };
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH: {
      const neighbour = parseNeighbour(body);
      return neighbour && { kind: 'neighbour', gone: type === RTM_DELNEIGH, neighbour };
    }
    case RTM_NEWRULE:
    case RTM_DELRULE:
      return { kind: 'rule', gone: type === RTM_DELRULE };
    default:
      return undefined;
  }
}

/** Above what an administrator allows, for who has CAP_NET_ADMIN. */
function setReceiveBuffer(socket: Socket, bytes: number): void {
  try {
    socket.setOption(SOL_SOCKET, SO_RCVBUFFORCE, bytes);
  } catch (error) {
    if (!isSyscallError(error, 'EPERM')) throw error;
    socket.setOption(SOL_SOCKET, SO_RCVBUF, bytes);
  }
}
