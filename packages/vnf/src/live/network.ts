// What a slow path learns of the network around its ports, and how it speaks there itself.

import type { Socket as UdpSocket } from 'node:dgram';
import type { Socket as TcpSocket } from 'node:net';
import type { Ip, Mac, Prefix } from '@twinpath/packet';
import type { Duration } from '../functions/duration.ts';

export interface LiveNeighbour<P extends string> {
  readonly address: Ip;
  readonly port: P;
  /** `undefined`: it does not answer any more, or was removed. */
  readonly mac: Mac | undefined;
}
/** Who is on the links of the ports, as Linux knows it (ARP, RFC 826; neighbour discovery, RFC 4861): those with a MAC address.
 *  Functions let those packets through to Linux. */
export interface LiveNeighbours<P extends string> extends Iterable<LiveNeighbour<P>> {
  /** What is known now. @throws UnknownPortError */
  get(address: Ip, port: P): Mac | undefined;
  /** Asks whoever is not known; one who has not been heard of for long is asked whether they are still there, meanwhile they count
   *  as known. `undefined`: nobody answers. That is remembered for 3 s. At most 200 questions a second: for what is beyond, nobody
   *  answers either. @throws UnknownPortError */
  resolve(address: Ip, port: P): Promise<Mac | undefined>;
  /** Called whenever one comes, changes its MAC address or goes. */
  onChange(handler: (neighbour: LiveNeighbour<P>) => void): void;
}

export interface LiveRoute<P extends string> {
  readonly to: Prefix;
  /** Where it leads out; `undefined`: to no port of this function. */
  readonly port: P | undefined;
  /** `undefined`: the network is on the link itself. */
  readonly gateway: Ip | undefined;
  readonly metric: number;
}
/** Linux' routes of the main table, of both families, in the network of the function's first port. Of a route with several next
 *  hops, each is one. */
export interface LiveRoutes<P extends string> extends Iterable<LiveRoute<P>> {
  /** Where Linux would send a packet to; `undefined`: nowhere. */
  find(address: Ip): LiveRoute<P> | undefined;
  onChange(handler: () => void): void;
}

export interface FetchOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}
/** Sockets in the network of the function's first port, to addresses (names would be asked for elsewhere). They are closed when
 *  the instance stops. */
export interface Sockets {
  /** TCP. What prevents the connection comes as the socket's `error`. */
  connect(address: Ip, port: number): TcpSocket;
  /** UDP, on a free port. */
  udp(version: 4 | 6): UdpSocket;
  /** HTTP, such as `http://[fd00::1]:8080/health`. */
  fetch(url: string, options?: FetchOptions): Promise<Response>;
  /** Nanoseconds until the host answered an ICMP echo request; `undefined`: not `within` (default 1 s), or there is no way to it. */
  echo(address: Ip, options?: { readonly within?: Duration }): Promise<number | undefined>;
}
