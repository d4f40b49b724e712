// Maglev hashing (Eisenbud et al., NSDI 2016, section 3.4), weighted. Slow path only.
import { be16, hashOf, type Ip, ip, type u16 } from '@twinpath/vnf';

export interface Weighted {
  readonly address: Ip;
  readonly port: u16;
  /** Not negative; 0: no slots. */
  readonly weight: number;
}

const END = { address: ip, port: be16 };
/** Of what every balancer has to work out alike, whatever its instance's seed is. */
const [POSITION_SEED, STEP_SEED] = [0x6d61, 0x676c];
const FREE = -1;

/** For each slot the index of a backend, or `undefined` when none has any weight. `slots`: a prime. A backend that comes, goes or
 *  changes moves its own slots, and few of others. The order of the backends does not matter. */
export function maglevRing(backends: readonly Weighted[], slots: number): Int32Array | undefined {
  const heaviest = Math.max(0, ...backends.map(({ weight }) => weight));
  if (heaviest === 0) return undefined;
  const walks = backends
    .map(({ address, port, weight }, index) => ({
      index,
      position: hashOf(END, { address, port }, POSITION_SEED) % slots,
      step: 1 + (hashOf(END, { address, port }, STEP_SEED) % (slots - 1)),
      turn: weight / heaviest,
      due: 0,
    }))
    .filter(({ turn }) => turn > 0)
    .toSorted((a, b) => a.position - b.position || a.step - b.step);
  const ring = new Int32Array(slots).fill(FREE);
  for (let taken = 0; taken < slots; ) {
    for (const walk of walks) {
      walk.due += walk.turn;
      if (walk.due < 1 || taken === slots) continue;
      walk.due -= 1;
      while (ring[walk.position] !== FREE) walk.position = (walk.position + walk.step) % slots;
      ring[walk.position] = walk.index;
      taken += 1;
    }
  }
  return ring;
}
