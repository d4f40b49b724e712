import type { Hook } from '@twinpath/vnf/chain';

/** A packet that came up, as far as the way back needs to know it. */
export interface TakenPacket {
  readonly hook: Hook;
  /** Of the place whose program took it. */
  readonly position: number;
  /** Where it came in, or for tcx egress was about to go out. */
  readonly ifindex: number;
  /** How often the slow path has sent it here again. */
  readonly trips: number;
  /** The whole frame. */
  readonly bytes: Uint8Array;
  /** Not 0: the frame is many, each with so many bytes of its payload (GSO). */
  readonly segmentSize: number;
}

/**
 * Ways back for packets of the slow path. What is given is copied and waits until `flush`, or until so much waits that it has
 * to go. Verbs throw FrameTooLongError; what the kernel refuses is told by `flush`.
 */
export interface PacketOut {
  /** Through the function's fast path once more; it has been there once more often then. */
  retry(packet: TakenPacket): void;
  /** As if it had just come by a port of the function, or by its own, once more often. */
  enter(packet: TakenPacket, port: string | undefined): void;
  /** On, directly behind the function. */
  resume(packet: TakenPacket): void;
  /** On, past all functions. */
  stack(packet: TakenPacket): void;
  /** Back to where it came from, through the functions that are between. */
  bounce(packet: TakenPacket): void;
  /** Out of a port, through the functions that are between. */
  forward(packet: TakenPacket, port: string): void;
  /** Out of the interface, past all functions. */
  send(ifindex: number, frame: Uint8Array): void;
  /** Into the host, as if the interface had received it, past all functions. */
  receive(ifindex: number, frame: Uint8Array): void;
  /** Sends what waits, in the order in which it was given. @throws UndeliveredError for what is lost; the rest is sent. */
  flush(): void;
}
