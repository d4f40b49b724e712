import { wakeXdpReceiver, wakeXdpSender } from '@twinpath/linux';
import type { LinearMemory } from '../../memory/linear-memory.ts';
import type { Device } from '../port-image.ts';
import { DESCRIPTOR, OFFSET, Producer, type RingPlaces } from '../ring.ts';

/** System calls for one burst, at most: in copy mode each sends 32 frames in kernels before 6.18. */
const MOST_WAKES = 8;

/** The kernel on the other side of AF_XDP rings. */
export class XdpDevice implements Device {
  readonly fd: number;
  readonly #tx: Producer;
  readonly #fill: Producer;

  constructor({ memory }: LinearMemory, rings: RingPlaces, fd: number) {
    const words = new Int32Array(memory.buffer);
    this.fd = fd;
    // To look at, not to write to.
    this.#tx = new Producer(words, rings.tx, DESCRIPTOR);
    this.#fill = new Producer(words, rings.fill, OFFSET);
  }

  sent(): void {
    for (let wake = 0; wake < MOST_WAKES && this.#tx.waiting > 0 && this.#tx.needsWakeup; wake++)
      wakeXdpSender(this.fd);
  }

  filled(): void {
    if (this.#fill.needsWakeup) wakeXdpReceiver(this.fd);
  }

  /** The descriptor is its owner's. */
  [Symbol.dispose](): void {}
}
