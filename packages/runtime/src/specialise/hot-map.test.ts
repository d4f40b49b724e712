import { FRONT, FRONT_SAMPLES, frontShape } from '@twinpath/compiler/abi';
import { drop, lpm, prefix, table, u32, vnf } from '@twinpath/vnf';
import { type MapPlan, planFunction } from '@twinpath/vnf/plan';
import { describe, expect, it } from 'vitest';
import { Front } from './front.ts';
import { HotMap } from './hot-map.ts';
import { WriteGuard } from './write-guard.ts';

const plan = planFunction(
  vnf({
    name: 'hot',
    tables: {
      hash: table({ key: u32, value: { n: u32 }, max: 10_000 }),
      trie: lpm({ key: prefix, value: { n: u32 }, max: 10_000 }),
    },
    fastPath: () => drop,
  }),
);
const mapNamed = (name: string): MapPlan => {
  const found = plan.tables.flatMap(({ maps }) => maps).find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no map ${name}`);
  return found;
};

const TICK_MS = 50;

/** A map, its front, and traffic that fills windows of samples as programs would. */
class Traffic {
  readonly front: Front;
  readonly hot: HotMap;
  readonly guard: WriteGuard;
  readonly #memory: Uint8Array;
  readonly #sampleSize: number;
  #now = 1000;

  constructor(map: string, isThere: (key: number) => boolean = () => true) {
    const plan = mapNamed(map);
    const shape = frontShape(plan);
    this.#memory = new Uint8Array(shape.size);
    this.#sampleSize = shape.sampleSize;
    this.front = new Front(this.#memory, shape, 0);
    this.guard = new WriteGuard(this.#memory);
    const find = (key: Uint8Array) =>
      isThere(new DataView(key.buffer).getUint32(0, true)) ? new Uint8Array(8) : undefined;
    this.hot = new HotMap({ plan, front: this.front, find });
  }

  /** For so many milliseconds, with keys as `next` gives them. */
  go(milliseconds: number, next: () => number): this {
    for (const end = this.#now + milliseconds; this.#now < end; this.#now += TICK_MS) {
      if (this.front.isSampling) this.#fill(next);
      this.hot.tick(this.#now);
    }
    return this;
  }

  #fill(next: () => number): void {
    const view = new DataView(this.#memory.buffer);
    for (let index = 0; index < FRONT_SAMPLES; index++)
      view.setUint32(FRONT.samples + index * this.#sampleSize, next(), true);
    view.setBigUint64(FRONT.sampled, BigInt(FRONT_SAMPLES), true);
  }

  /** Another process, or another version of the function, goes on. */
  inherit(): Front {
    return new Front(this.#memory, frontShape(mapNamed('hash')), 0);
  }

  get control(): bigint {
    return new DataView(this.#memory.buffer).getBigUint64(FRONT.control, true);
  }
}

let state = 1;
const unit = () => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  return (state >>> 4) / 2 ** 28;
};
const among =
  (count: number, from = 0) =>
  () =>
    from + Math.floor(unit() * count);
/** So often one of ten keys, else one of very many. */
const hotFor =
  (share: number, from = 0) =>
  () =>
    unit() < share ? among(10, from)() : among(1e6, 1000)();

describe('what stands in front of a map', () => {
  it.each([
    ['hash', 0.9, true],
    ['hash', 0.3, false],
    ['trie.4', 0.3, true],
    ['trie.4', 0.005, false],
  ] as const)('of %s, with %f of the lookups for a few keys: %s', (map, share, isOpen) => {
    const traffic = new Traffic(map).go(10_000, hotFor(share));
    expect(traffic.hot.state).toMatchObject({ isOpen });
    expect(Math.abs(traffic.hot.state.share - share)).toBeLessThan(0.1);
  });

  it('is all of a small table, however its traffic is', () => {
    expect(new Traffic('hash').go(2000, among(50)).hot.state).toMatchObject({ isOpen: true, entries: 50 });
  });

  it('has only keys that are in the table', () => {
    const traffic = new Traffic('hash', (key) => key < 5).go(5000, hotFor(0.9));
    expect(traffic.hot.state).toMatchObject({ isOpen: false });
    expect(traffic.hot.state.share).toBeGreaterThan(0.4);
  });

  it('is other keys a quarter of a second after traffic has gone to others', () => {
    const traffic = new Traffic('hash').go(5000, hotFor(0.9));
    const { made } = traffic.hot.state;
    traffic.go(250, hotFor(0.9, 500)).go(400, hotFor(0.9, 500));
    expect(traffic.hot.state).toMatchObject({ isOpen: true });
    expect(traffic.hot.state.made).toBeGreaterThan(made);
    expect(traffic.hot.state.share).toBeGreaterThan(0.8);
  });

  it('goes where it does not pay any more, and comes back', () => {
    const traffic = new Traffic('hash').go(3000, hotFor(0.9)).go(3000, among(1e6));
    expect(traffic.hot.state).toMatchObject({ isOpen: false });
    expect(traffic.go(6000, hotFor(0.9)).hot.state).toMatchObject({ isOpen: true });
  });

  it('is made again behind each write, and goes while there are always some', () => {
    const traffic = new Traffic('hash').go(3000, hotFor(0.9));
    const { made } = traffic.hot.state;
    traffic.guard.around(() => {});
    expect(traffic.front.isValid).toBe(false);
    traffic.go(TICK_MS, hotFor(0.9));
    expect(traffic.front.isValid).toBe(true);
    expect(traffic.hot.state.made).toBe(made + 1);
    for (let write = 0; write < 10; write++) {
      traffic.guard.around(() => {});
      traffic.go(TICK_MS, hotFor(0.9));
    }
    expect(traffic.hot.state).toMatchObject({ isOpen: false });
  });

  it('is not made while somebody writes, but when a writer is gone for good', () => {
    const traffic = new Traffic('hash').go(3000, hotFor(0.9));
    traffic.guard.around(() => {
      traffic.go(1000, hotFor(0.9));
      expect(traffic.front.isOpen).toBe(false);
      traffic.go(70_000, hotFor(0.9));
      expect(traffic.front.isValid).toBe(true);
    });
    // It was not gone, only slow: what was read meanwhile may be from before its write.
    traffic.go(TICK_MS, hotFor(0.9));
    expect(traffic.front.isOpen).toBe(false);
  });

  it('costs packets nothing once it does not pay: windows become rare, and nothing else is left', () => {
    const traffic = new Traffic('hash').go(20_000, among(1e6));
    let [idle, ticks] = [0, 0];
    for (; ticks < 400; ticks++) if (traffic.go(TICK_MS, among(1e6)).control === 0n) idle++;
    expect(idle / ticks).toBeGreaterThan(0.95);
  });

  it('is left to who took it last', () => {
    const traffic = new Traffic('hash').go(3000, hotFor(0.9));
    const heir = traffic.inherit();
    traffic.go(3000, hotFor(0.9));
    expect(traffic.front.isMine).toBe(false);
    expect(heir).toMatchObject({ isMine: true, isOpen: false, isSampling: false });
  });
});
