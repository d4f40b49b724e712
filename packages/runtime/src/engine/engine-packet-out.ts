import { SIDE } from '@twinpath/engine/ports';
import type { InstancePlaces } from '../instance-plane.ts';
import type { TakenPacket } from '../packet-out/packet-out.ts';
import { type Frame, type Onward, PacketOutByPlace } from '../packet-out/packet-out-by-place.ts';
import { Losses } from '../packet-out/undelivered.ts';
import type { EngineHost, Inward } from './engine-host.ts';
import type { EngineWiring } from './engine-wiring.ts';

export interface EnginePacketOutOptions {
  readonly host: EngineHost;
  readonly wiring: EngineWiring;
  /** The mark by which programs on tc hooks know packets of the slow path. */
  readonly key: number;
  /** Of the instance, at the moment. */
  places(): InstancePlaces;
}

/** Frames go straight into the engine, to the program that they are for. */
export class EnginePacketOut extends PacketOutByPlace {
  readonly #options: EnginePacketOutOptions;
  readonly #losses = new Losses();

  constructor(options: EnginePacketOutOptions) {
    super(options.places);
    this.#options = options;
  }

  flush(): void {
    this.#options.host.flush();
    this.#losses.report();
  }

  protected inject({ ifindex, position: from, bytes }: TakenPacket, onward: Onward, to: number, trips: number): void {
    const { wiring } = this.#options;
    const program = (position: number) => ({ program: wiring.programAt(position), ifindex, side: SIDE.wire, trips });
    if (onward === 'enter') {
      this.#send(program(to), bytes);
      return;
    }
    const next = onward === 'resume' ? this.placement(from).next : undefined;
    if (next?.kind === 'position') this.#send(program(next.position), bytes);
    else if (next?.kind === 'interface')
      this.#send({ ifindex: next.ifindex || ifindex, side: SIDE.host, trips }, bytes);
    else this.#send({ ifindex, side: SIDE.wire, trips }, bytes);
  }

  protected enterMarked({ bytes }: Frame, ifindex: number, word: number): void {
    const { wiring, key: mark } = this.#options;
    const program = wiring.first(ifindex, 'tcx-ingress');
    this.#send({ program, ifindex, side: SIDE.wire, mark, control: word, trips: 0 }, bytes);
  }

  protected leave(ifindex: number, { bytes }: Frame, word: number): void {
    const { wiring, key: mark } = this.#options;
    const program = wiring.first(ifindex, 'tcx-egress');
    const marked = this.hasWayOut && program !== 0 ? { program, mark, priority: word } : {};
    this.#send({ ...marked, ifindex, side: SIDE.host, trips: 0 }, bytes);
  }

  #send(to: Inward, frame: Uint8Array): void {
    if (!this.#options.host.inject(to, frame)) this.#losses.add(1, new Error('the engine has no room for it'));
  }
}
