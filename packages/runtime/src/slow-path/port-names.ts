import type { InstancePlaces } from '../instance-plane.ts';
import type { TakenPacket } from '../packet-out/packet-out.ts';

/** By which of a function's ports packets came. */
export class PortNames {
  readonly #places: () => InstancePlaces;
  #known: InstancePlaces | undefined;
  /** By position and ifindex. */
  #names = new Map<number, string>();

  constructor(places: () => InstancePlaces) {
    this.#places = places;
  }

  get all(): readonly string[] {
    return this.#places().ports.map(({ name }) => name);
  }

  /** Empty: a change has taken the port away meanwhile. */
  of({ position, ifindex }: Pick<TakenPacket, 'position' | 'ifindex'>): string {
    const places = this.#places();
    if (places !== this.#known) {
      this.#known = places;
      this.#names = new Map();
    }
    const key = ifindex * 0x1_0000 + position;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const { placements, ports } = places;
    const entry = placements.find((one) => one.position === position)?.entry;
    const name = entry ?? ports.find((one) => one.ifindex === ifindex)?.name ?? '';
    this.#names.set(key, name);
    return name;
  }
}
