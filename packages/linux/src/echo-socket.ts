// ICMP echo (RFC 792, RFC 4443 section 4) from a namespace of choice.

import { Errno } from './errno.ts';
import type { Fd } from './fd.ts';
import { sys } from './ffi.ts';
import { inNamespace, type NamespaceRef } from './namespace/enter.ts';
import { AF_INET, AF_INET6, ipBytes } from './netlink/address-text.ts';
import { Socket } from './socket.ts';
import { check } from './syscall-error.ts';

const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;
const SOL_RAW = 255;
const ICMP_FILTER = 1;
const IPPROTO_ICMPV6 = 58;
const ICMP6_FILTER = 1;

const FAMILY = {
  4: { family: AF_INET, protocol: 1, request: 8, reply: 0, addressAt: 4, socketAddress: 16 },
  6: { family: AF_INET6, protocol: IPPROTO_ICMPV6, request: 128, reply: 129, addressAt: 8, socketAddress: 28 },
} as const;

export interface EchoReply {
  readonly identifier: number;
  readonly sequence: number;
}

/** Asks hosts whether they are there. Needs CAP_NET_RAW in the namespace. */
export class EchoSocket implements Disposable {
  readonly #socket: Socket;
  readonly #as: (typeof FAMILY)[4 | 6];
  readonly #received = new Uint8Array(2048);

  /** `link`: sends by this interface, whatever the routes say. */
  constructor(
    version: 4 | 6,
    { namespace, link }: { readonly namespace?: NamespaceRef | undefined; readonly link?: string } = {},
  ) {
    this.#as = FAMILY[version];
    const { family, protocol } = this.#as;
    const open = () => new Socket(family, SOCK_RAW | SOCK_NONBLOCK, protocol, `echo requests over IPv${version}`);
    this.#socket = namespace === undefined ? open() : inNamespace(namespace, open);
    try {
      this.#hearOnlyReplies();
      if (link !== undefined)
        this.#socket.setOption(SOL_SOCKET, SO_BINDTODEVICE, new TextEncoder().encode(`${link}\0`));
    } catch (error) {
      this.#socket[Symbol.dispose]();
      throw error;
    }
  }

  /** For pollFd(), or another watch; receive until there is nothing. */
  get fd(): Fd {
    return this.#socket.fd;
  }

  /** @param identifier and @param sequence 16 bits each. @throws SyscallError: ENETUNREACH, EHOSTUNREACH … */
  send(address: string, identifier: number, sequence: number): void {
    const { request, addressAt, socketAddress, family } = this.#as;
    const message = new Uint8Array(16);
    const view = new DataView(message.buffer);
    view.setUint8(0, request);
    view.setUint16(4, identifier);
    view.setUint16(6, sequence);
    // Over IPv6 the kernel does it: it knows the source address, which the sum covers.
    if (family === AF_INET) view.setUint16(2, checksum(view));
    // struct sockaddr_in { family, port, address … }, struct sockaddr_in6 { family, port, flow, address, scope }.
    const to = new Uint8Array(socketAddress);
    new DataView(to.buffer).setUint16(0, family, true);
    to.set(ipBytes(address).bytes, addressAt);
    const sent = sys.sendto(this.#socket.fd.number, message, message.length, 0, to, to.length);
    check('sendto', sent, { subject: `an echo request to ${address}` });
  }

  /** The next reply, also to other processes' requests; `undefined`: there is none for now. */
  receive(): EchoReply | undefined {
    for (;;) {
      const length = sys.recv(this.#socket.fd.number, this.#received, this.#received.length, 0);
      if (length === -Errno.EAGAIN) return undefined;
      if (length === -Errno.EINTR) continue;
      check('recv', length, { subject: 'echo replies' });
      const reply = this.#parse(this.#received.subarray(0, length));
      if (reply !== undefined) return reply;
    }
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }

  #parse(packet: Uint8Array): EchoReply | undefined {
    // A raw IPv4 socket receives the IP header too.
    const headerBytes = this.#as.family === AF_INET ? ((packet[0] ?? 0) & 0xf) * 4 : 0;
    if (packet.length < headerBytes + 8 || packet[headerBytes] !== this.#as.reply) return undefined;
    const view = new DataView(packet.buffer, packet.byteOffset + headerBytes);
    return { identifier: view.getUint16(4), sequence: view.getUint16(6) };
  }

  /** Filters are masks of what is left out, a bit for each type. */
  #hearOnlyReplies(): void {
    const { family, reply } = this.#as;
    const words = new Uint32Array(family === AF_INET ? 1 : 8).fill(0xffff_ffff);
    words[reply >> 5] = ~(1 << (reply & 31));
    const [level, option] = family === AF_INET ? [SOL_RAW, ICMP_FILTER] : [IPPROTO_ICMPV6, ICMP6_FILTER];
    this.#socket.setOption(level, option, new Uint8Array(words.buffer));
  }
}

/** RFC 1071. */
function checksum(view: DataView): number {
  let sum = 0;
  for (let at = 0; at < view.byteLength; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
