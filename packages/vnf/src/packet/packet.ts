import type { Mac, Port } from '@twinpath/packet';
import type { u16, u32 } from '../types/integers.ts';
import type { Layer } from './header.ts';
import type { IpHeader, PacketView } from './views.ts';

/** The packet in the fast path. */
export interface Packet extends PacketView {
  readonly cpu: u32;
  /** The kernel's route for the packet's present destination. `undefined`: none, not resolved, local, too big or `hops` ≤ 1. */
  nextHop(): NextHop | undefined;
  /** Puts headers between Ethernet and what follows; lengths and checksums are filled in. The result is the new outer IP
   *  header. `undefined`: no room, nothing done. All older views are dead (a compile error to use). */
  encapsulate(...outermostFirst: readonly Layer[]): IpHeader | undefined;
  /** Removes what lies between Ethernet and `inner`. The result is `inner` in its new place; all older views are dead. */
  decapsulate(inner: IpHeader): IpHeader | undefined;
  /** Adds a tag. `false`: no room. All older views are dead. */
  pushVlan(id: u16): boolean;
  /** Removes the outermost tag. `false`: none. All older views are dead. */
  popVlan(): boolean;
}
export interface NextHop {
  readonly port: Port;
  readonly src: Mac;
  readonly dst: Mac;
  readonly mtu: u32;
}
