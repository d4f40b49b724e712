import { markWord, PASS, RESUME } from '@twinpath/compiler/abi';
import { UnknownPortError } from '@twinpath/vnf';
import type { Placement } from '@twinpath/vnf/chain';
import type { InstancePlaces } from '../instance-plane.ts';
import type { PacketOut, TakenPacket } from './packet-out.ts';

/** How an XDP packet goes on: the program at a position, what is behind that, or past all to the host. */
export type Onward = 'enter' | 'resume' | 'pass';

export type Frame = Pick<TakenPacket, 'bytes' | 'segmentSize'>;

/** What verbs mean, by where the packet was taken; the data plane has the ways. */
export abstract class PacketOutByPlace implements PacketOut {
  /** Of the instance, at the moment. */
  readonly #places: () => InstancePlaces;

  constructor(places: () => InstancePlaces) {
    this.#places = places;
  }

  retry(packet: TakenPacket): void {
    const { hook, position, trips } = packet;
    if (hook === 'xdp') this.inject(packet, 'enter', position, trips + 1);
    else this.#mark(packet, markWord(position, trips + 1), true);
  }

  enter(packet: TakenPacket, port: string | undefined): void {
    const { ports, beginnings } = this.#places();
    const ifindex = port === undefined ? packet.ifindex : ports.find(({ name }) => name === port)?.ifindex;
    const begin = beginnings.find((one) => one.ifindex === ifindex);
    if (begin === undefined) throw new Error(`no packet enters the chain by port ${port ?? packet.ifindex}`);
    const [came, trips] = [{ ...packet, ifindex: begin.ifindex }, packet.trips + 1];
    if (begin.hook === 'xdp') this.inject(came, 'enter', begin.position, trips);
    else this.enterMarked(came, came.ifindex, markWord(begin.position, trips));
  }

  resume(packet: TakenPacket): void {
    const { hook, position, trips } = packet;
    if (hook === 'xdp') this.inject(packet, 'resume', position, trips);
    else this.#mark(packet, markWord(position, RESUME, trips), this.placement(position).next.kind !== 'end');
  }

  stack(packet: TakenPacket): void {
    const { out } = this.placement(packet.position);
    if (out.kind === 'interface') this.#transmit(out.ifindex, packet);
    else if (packet.hook === 'xdp') this.inject(packet, 'pass', packet.position, 0);
    else this.#mark(packet, markWord(packet.position, PASS), false);
  }

  bounce(packet: TakenPacket): void {
    const { back } = this.placement(packet.position);
    if (packet.hook === 'tcx-egress') this.receive(packet.ifindex, packet.bytes);
    else if (back.kind === 'position') this.#goTo(packet, back.position);
    else if (back.kind === 'leave' && back.position !== 0)
      this.leave(packet.ifindex, packet, markWord(back.position, packet.trips), true);
    else this.#transmit(packet.ifindex, packet);
  }

  forward(packet: TakenPacket, port: string): void {
    const exit = this.placement(packet.position).exits[port];
    if (exit?.kind === 'position') {
      this.#goTo(packet, exit.position);
      return;
    }
    const { ports } = this.#places();
    const found = ports.find(({ name }) => name === port);
    if (found === undefined) {
      throw new UnknownPortError(
        port,
        ports.map(({ name }) => name),
      );
    }
    this.#transmit(exit?.kind === 'interface' ? exit.ifindex : found.ifindex, packet);
  }

  send(ifindex: number, bytes: Uint8Array): void {
    this.#transmit(ifindex, { bytes, segmentSize: 0 });
  }

  receive(ifindex: number, bytes: Uint8Array): void {
    const { placements } = this.#places();
    const entering = placements.find(({ hook }) => hook !== 'tcx-egress');
    const packet = { bytes, segmentSize: 0, ifindex, trips: 0 };
    if (entering?.hook === 'tcx-ingress') {
      this.enterMarked(packet, ifindex, markWord(0, PASS));
      return;
    }
    const position = placements[0]?.position ?? 0;
    this.inject({ ...packet, hook: 'xdp', position }, 'pass', position, 0);
  }

  abstract flush(): void;

  /** On in XDP, as a packet of the place and the interface that it came from. */
  protected abstract inject(packet: TakenPacket, onward: Onward, position: number, trips: number): void;

  /** In by an interface whose programs are on tcx; they know by the mark what they have to do. */
  protected abstract enterMarked(frame: Frame, ifindex: number, word: number): void;

  /** Out of an interface, past its programs or marked for them. */
  protected abstract leave(ifindex: number, frame: Frame, word: number, mayBeDropped: boolean): void;

  protected placement(position: number): Placement {
    const found = this.#places().placements.find((one) => one.position === position);
    if (found === undefined) throw new Error('a change of the chain has taken away the place that it came from');
    return found;
  }

  /** Only a program on the way out takes a mark away again. */
  protected get hasWayOut(): boolean {
    return this.#places().placements.some(({ hook }) => hook === 'tcx-egress');
  }

  /** To the program at a position, as if the packet had come there by itself. */
  #goTo(packet: TakenPacket, position: number): void {
    if (packet.hook === 'xdp') this.inject(packet, 'enter', position, packet.trips);
    else this.#mark(packet, markWord(position, packet.trips), true);
  }

  /** Through the programs of the port once more. */
  #mark(packet: TakenPacket, word: number, mayBeDropped: boolean): void {
    if (packet.hook === 'tcx-ingress') this.enterMarked(packet, packet.ifindex, word);
    else this.leave(packet.ifindex, packet, word, mayBeDropped);
  }

  /** Out of an interface, past all functions. */
  #transmit(ifindex: number, frame: Frame): void {
    this.leave(ifindex, frame, markWord(0, PASS), false);
  }
}
