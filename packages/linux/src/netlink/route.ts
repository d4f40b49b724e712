import { AF_INET, AF_INET6, cidrBytes, ipBytes, ipText } from './address-text.ts';
import { getLink, type LinkRef } from './link.ts';
import type { NetlinkReader, NetlinkWriter } from './message.ts';
import type { Netlink } from './socket.ts';

const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_GETROUTE = 26;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const RTA_PREFSRC = 7;
const RTA_MULTIPATH = 9;
const RTA_TABLE = 15;
const RTA_NH_ID = 30;
const RT_TABLE_MAIN = 254;
const RTPROT_STATIC = 4;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const RT_SCOPE_NOWHERE = 255;
const RTM_F_CLONED = 0x200;

const routeTypes = ['unspecified', 'unicast', 'local', 'broadcast', 'anycast', 'multicast', 'blackhole', 'unreachable'];

/** A route to add or delete. */
export interface RouteSpec {
  /** "10.0.0.0/8", "fd00::/16", or "default" (with a gateway, which says whether IPv4 or IPv6). */
  readonly destination: string;
  readonly gateway?: string;
  readonly link?: LinkRef;
  /** Lower wins. */
  readonly metric?: number;
  /** Number of the routing table; default 254, main. */
  readonly table?: number;
}

export interface NextHop {
  readonly ifindex: number;
  readonly gateway: string | undefined;
  /** 1 or more: the share of the traffic. */
  readonly weight: number;
}

export interface Route {
  /** "10.0.0.0/8"; "0.0.0.0/0" and "::/0" are the default routes. */
  readonly destination: string;
  /** "unicast", "blackhole", "unreachable" … */
  readonly type: string;
  readonly metric: number;
  readonly table: number;
  readonly preferredSource: string | undefined;
  /** Several for a multipath route, none for a blackhole. */
  readonly nextHops: readonly NextHop[];
  /** Nothing else of a packet decides: there is one next hop at most, and no source or type of service is asked for. */
  readonly byDestination: boolean;
}

export function addRoute(netlink: Netlink, route: RouteSpec): void {
  request(netlink, 'RTM_NEWROUTE', route);
}

export function deleteRoute(netlink: Netlink, route: RouteSpec): void {
  request(netlink, 'RTM_DELROUTE', route);
}

function request(netlink: Netlink, call: 'RTM_NEWROUTE' | 'RTM_DELROUTE', route: RouteSpec): void {
  const { gateway, link, metric, table = RT_TABLE_MAIN } = route;
  const hop = gateway === undefined ? undefined : ipBytes(gateway);
  const whole = { family: hop?.family ?? AF_INET, bytes: new Uint8Array(0), prefixLength: 0 };
  const { family, bytes, prefixLength } = route.destination === 'default' ? whole : cidrBytes(route.destination);
  const oif = typeof link === 'string' ? getLink(netlink, link).ifindex : link;
  const adding = call === 'RTM_NEWROUTE';
  const scope = hop === undefined && family === AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  netlink.change({
    call,
    type: adding ? RTM_NEWROUTE : RTM_DELROUTE,
    flags: adding ? NLM_F_CREATE | NLM_F_EXCL : 0,
    subject: `route ${route.destination}${gateway === undefined ? '' : ` via ${gateway}`}`,
    body: (writer) => {
      // "Nowhere" in a deletion means any scope.
      header(writer, family, prefixLength, adding ? scope : RT_SCOPE_NOWHERE, adding ? RTPROT_STATIC : 0);
      if (prefixLength > 0) writer.attribute(RTA_DST, (w) => w.raw(bytes));
      if (hop !== undefined) writer.attribute(RTA_GATEWAY, (w) => w.raw(hop.bytes));
      if (oif !== undefined) writer.attribute(RTA_OIF, (w) => w.u32(oif));
      if (metric !== undefined) writer.attribute(RTA_PRIORITY, (w) => w.u32(metric));
      writer.attribute(RTA_TABLE, (w) => w.u32(table));
    },
  });
}

/** Routes of one table (default 254, main), both families. */
export function listRoutes(netlink: Netlink, table = RT_TABLE_MAIN): Route[] {
  return allRoutes(netlink).filter((route) => route.table === table);
}

/** Of all tables. */
export function allRoutes(netlink: Netlink): Route[] {
  return [AF_INET, AF_INET6]
    .flatMap((family) =>
      netlink.dump({ call: 'RTM_GETROUTE', type: RTM_GETROUTE, body: (writer) => header(writer, family, 0, 0, 0, 0) }),
    )
    .filter((message) => !isCachedRoute(message))
    .map(parseRoute);
}

/** An exception that the kernel keeps beside its routes, such as a path's MTU. */
export function isCachedRoute(message: NetlinkReader): boolean {
  return (message.u32(8) & RTM_F_CLONED) !== 0;
}

/** Where the kernel would send a packet to this address. @throws SyscallError (ENETUNREACH, EHOSTUNREACH): nowhere. */
export function findRoute(netlink: Netlink, address: string): Route {
  const { family, bytes } = ipBytes(address);
  const answer = netlink.get({
    call: 'RTM_GETROUTE',
    type: RTM_GETROUTE,
    subject: `route to ${address}`,
    body: (writer) => {
      header(writer, family, bytes.length * 8, 0, 0, 0);
      writer.attribute(RTA_DST, (w) => w.raw(bytes));
    },
  });
  if (answer === undefined) throw new Error(`the kernel said nothing about the route to ${address}`);
  return parseRoute(answer);
}

/** struct rtmsg: family, dst length, src length, tos, table, protocol, scope, type (a byte each), u32 flags. */
function header(
  writer: NetlinkWriter,
  family: number,
  prefixLength: number,
  scope: number,
  protocol: number,
  type = 1,
): void {
  writer.u8(family).u8(prefixLength).u8(0).u8(0);
  writer.u8(0).u8(protocol).u8(scope).u8(type).u32(0);
}

/** Reads an RTM_NEWROUTE or RTM_DELROUTE message. */
export function parseRoute(message: NetlinkReader): Route {
  const attributes = message.attributes(12);
  const family = message.u8(0);
  const destination = attributes.get(RTA_DST)?.bytes ?? new Uint8Array(family === AF_INET ? 4 : 16);
  const source = attributes.get(RTA_PREFSRC);
  const nextHops = parseNextHops(attributes);
  // A group of next hops may have no more than its number said.
  const isOne = nextHops.length === 1 || (nextHops.length === 0 && !attributes.has(RTA_NH_ID));
  return {
    destination: `${ipText(destination)}/${message.u8(1)}`,
    type: routeTypes[message.u8(7)] ?? `type ${message.u8(7)}`,
    metric: attributes.get(RTA_PRIORITY)?.u32() ?? 0,
    table: attributes.get(RTA_TABLE)?.u32() ?? message.u8(4),
    preferredSource: source === undefined ? undefined : ipText(source.bytes),
    nextHops,
    byDestination: isOne && message.u8(2) === 0 && message.u8(3) === 0,
  };
}

function parseNextHops(attributes: Map<number, NetlinkReader>): NextHop[] {
  const multipath = attributes.get(RTA_MULTIPATH);
  if (multipath !== undefined) return parseMultipath(multipath);
  const oif = attributes.get(RTA_OIF);
  return oif === undefined ? [] : [{ ifindex: oif.u32(), gateway: gatewayText(attributes), weight: 1 }];
}

/** A sequence of struct rtnexthop: u16 length, u8 flags, u8 weight - 1, i32 ifindex, then attributes. */
function parseMultipath(reader: NetlinkReader): NextHop[] {
  const hops: NextHop[] = [];
  for (let at = 0; at + 8 <= reader.bytes.length; ) {
    const length = Math.max(8, reader.u16(at));
    const attributes = reader.sub(at, at + length).attributes(8);
    hops.push({ ifindex: reader.u32(at + 4), gateway: gatewayText(attributes), weight: reader.u8(at + 3) + 1 });
    at += (length + 3) & ~3;
  }
  return hops;
}

function gatewayText(attributes: Map<number, NetlinkReader>): string | undefined {
  const gateway = attributes.get(RTA_GATEWAY);
  return gateway === undefined ? undefined : ipText(gateway.bytes);
}
