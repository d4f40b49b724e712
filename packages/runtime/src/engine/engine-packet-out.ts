import { type InletFields, SIDE } from '@twinpath/engine/ports';
import type { InstancePlaces } from '../instance-plane.ts';
import type { TakenPacket } from '../packet-out/packet-out.ts';
import { type Frame, type Onward, PacketOutByPlace } from '../packet-out/packet-out-by-place.ts';
import { Losses } from '../packet-out/undelivered.ts';
import { indexKey } from '../tables/instance-maps.ts';
import type { EnginePaths } from './engine-paths.ts';
import type { Inlet } from './inlet.ts';

export interface EnginePacketOutOptions {
  /** When something is sent for the first time. */
  openInlet(): Inlet;
  readonly paths: EnginePaths;
  /** The mark by which programs on tc hooks know packets of the slow path. */
  readonly key: number;
  /** Of the instance, at the moment. */
  places(): InstancePlaces;
}

/** Frames go straight into the engine, to the program that they are for. */
export class EnginePacketOut extends PacketOutByPlace {
  readonly #options: EnginePacketOutOptions;
  readonly #losses = new Losses();
  #inlet: Inlet | undefined;
  /** Where the number of trips lies, of the CPU that inlets come to. */
  readonly #trips: number;

  constructor(options: EnginePacketOutOptions) {
    super(options.places);
    this.#options = options;
    this.#trips = options.paths.trips.address(indexKey(0), 0);
  }

  flush(): void {
    this.#inlet?.flush();
    this.#losses.report();
  }

  protected inject({ ifindex, position: from, bytes }: TakenPacket, onward: Onward, to: number, trips: number): void {
    const { paths } = this.#options;
    const counted = trips === 0 ? {} : { cell: this.#trips, value: trips };
    const program = (position: number) => {
      return { program: paths.programAt('xdp', position), ifindex, side: SIDE.wire, ...counted };
    };
    if (onward === 'enter') {
      this.#send(program(to), bytes);
      return;
    }
    const next = onward === 'resume' ? this.placement(from).next : undefined;
    if (next?.kind === 'position') this.#send(program(next.position), bytes);
    else if (next?.kind === 'interface')
      this.#send({ ifindex: next.ifindex || ifindex, side: SIDE.host, ...counted }, bytes);
    else this.#send({ ifindex, side: SIDE.wire, ...counted }, bytes);
  }

  protected enterMarked({ bytes }: Frame, ifindex: number, word: number): void {
    const { paths, key: mark } = this.#options;
    const program = paths.first(ifindex, 'tcx-ingress');
    this.#send({ program, ifindex, side: SIDE.wire, mark, control: word }, bytes);
  }

  protected leave(ifindex: number, { bytes }: Frame, word: number): void {
    const { paths, key: mark } = this.#options;
    const program = paths.first(ifindex, 'tcx-egress');
    const marked = this.hasWayOut && program !== 0 ? { program, mark, priority: word } : {};
    this.#send({ ...marked, ifindex, side: SIDE.host }, bytes);
  }

  #send(to: InletFields, frame: Uint8Array): void {
    this.#inlet ??= this.#options.openInlet();
    if (!this.#inlet.inject(to, frame)) this.#losses.add(1, new Error('the engine has no room for it'));
  }
}
