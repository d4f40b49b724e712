// Sockets of Node that stay in a namespace of choice. A socket belongs to the namespace in which the thread was when it was made,
// and nothing else may run there meanwhile: each of these makes it before it returns.

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, type Socket as TcpSocket } from 'node:net';
import { sys } from './ffi.ts';
import { inNamespace, type NamespaceRef } from './namespace/enter.ts';
import { AF_INET, AF_INET6, ipBytes } from './netlink/address-text.ts';
import { check } from './syscall-error.ts';

const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;

/** Connects, as `net.connect` does: what prevents it comes as the socket's `error`.
 *  @param address IPv4 or IPv6: names would be asked for in another namespace. @throws RangeError */
export function connectIn(namespace: NamespaceRef | undefined, address: string, port: number): TcpSocket {
  const family = ipBytes(address).family === AF_INET ? 4 : 6;
  // With an address, Node makes the socket in a later turn of its event loop; with a name, as soon as that is looked up.
  const open = () =>
    connect({
      host: `[${address}]`,
      port,
      autoSelectFamily: false,
      lookup: (_name, _options, found) => found(null, address, family),
    });
  return namespace === undefined ? open() : inNamespace(namespace, open);
}

/** A UDP socket on a free port. @param version of IP. */
export function udpIn(namespace: NamespaceRef | undefined, version: 4 | 6): UdpSocket {
  const family = version === 4 ? AF_INET : AF_INET6;
  const open = () => check('socket', sys.socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), { subject: 'UDP' });
  const fd = namespace === undefined ? open() : inNamespace(namespace, open);
  // struct sockaddr_in or sockaddr_in6: any address and port.
  const address = new Uint8Array(version === 4 ? 16 : 28);
  address[0] = family;
  check('bind', sys.bind(fd, address, address.length), { subject: 'a UDP socket' });
  return createSocket(version === 4 ? 'udp4' : 'udp6').bind({ fd, exclusive: true });
}
