// Where the functions of a chain stand, and what is behind each: what the runtime makes of a chain's spec, plain data too.

export type Hook = 'xdp' | 'tcx-ingress' | 'tcx-egress';

/** Of a transparent function: towards the host, or away from it. */
export type Direction = 'ingress' | 'egress';

/** What is behind a place.
 *  `end`: the packet's way on, as if nothing had been there. `position`: another place, by a tail call. `interface`: out of it;
 *  0: the one by which the packet came; it `crosses` where it may be in another network namespace than the packet; to its `peer`: the other end of
 *  that veth gets it at once (tcx ingress). `leave`: out of that one, meeting its tcx egress programs from a position on; 0: none. */
export type Behind =
  | { readonly kind: 'end' }
  | { readonly kind: 'position'; readonly position: number }
  | { readonly kind: 'interface'; readonly ifindex: number; readonly crosses?: true; readonly peer?: true }
  | { readonly kind: 'leave'; readonly position: number };

/** Of places that are no function's but the chain's own, for what XDP cannot do with its one packet.
 *  `raise`: a packet that is flooded goes on in the stack, and says from which place. `copy`: where packets of a port are in the stack,
 *  those that were raised leave in copies. */
export type OwnPlace =
  | { readonly kind: 'raise' }
  | {
      readonly kind: 'copy';
      readonly floods: readonly { readonly position: number; readonly to: readonly Behind[] }[];
    };

/** One place of a function. A function has one instance, with one set of tables, at all its places. */
export interface Placement {
  /** Unique in the process, and for one program of one place: what changes gets another. 16 bits. */
  readonly position: number;
  readonly chain: string;
  /** The function's name in the chain; empty: `own`. */
  readonly function: string;
  readonly hook: Hook;
  readonly direction: Direction;
  /** By which port packets come here: of a transparent function the chain's port that it sits on, of others one of its own.
   *  `undefined`: by several of its own, told by their interfaces. */
  readonly entry: string | undefined;
  /** Behind the verdict `next`, and packets that the slow path resumes. */
  readonly next: Behind;
  /** Behind `bounce`: the functions between here and the port, on the way out. `end`: none. */
  readonly back: Behind;
  /** Behind `stack`, on the way out: past all functions. `end` but for packets that leave in the hook in which they entered. */
  readonly out: Behind;
  /** By name of the function's port: behind `forward`. Empty for transparent functions. */
  readonly exits: Readonly<Record<string, Behind>>;
  /** Behind `flood`, where a hook that has one packet has more behind a port than an interface. */
  readonly flood?: Behind;
  /** Behind `route` by an interface: the functions of the port that it is. */
  readonly routed?: readonly { readonly ifindex: number; readonly to: Behind }[];
  readonly own?: OwnPlace;
}

/** Where packets that enter or leave by a port begin. */
export interface Root {
  readonly port: string;
  readonly hook: Hook;
  readonly position: number;
}
