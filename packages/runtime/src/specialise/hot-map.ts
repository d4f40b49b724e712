import { FRONT_SAMPLES } from '@twinpath/compiler/abi';
import type { MapPlan } from '@twinpath/vnf/plan';
import type { StoredEntry } from '../tables/instance-maps.ts';
import type { Front } from './front.ts';
import { Heat, shareOf } from './heat.ts';
import { type Arrangement, arrange } from './layout.ts';

/** From this share of hits on a front takes less time than the map alone (docs/performance.md). */
const PAYS: Readonly<Partial<Record<MapPlan['type'], number>>> = { 'lpm-trie': 0.05, hash: 0.6, 'lru-hash': 0.75 };
/** An open one is closed when its share has fallen to this part of that. */
const STILL_PAYS = 0.8;
/** A window that has lasted so long ends with as few samples. */
const LONGEST_WINDOW_MS = 1000;
const FEW = 64;
/** Between windows; where the front does not pay, twice as long each time up to the longest. */
const PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 3200;
/** Other keys are chosen at once where they are hotter by this part of the lookups … */
const SHIFTED = 0.1;
/** … and so often where they are hotter at all: the tail of 64 keys is noise. */
const REFINE_MS = 5000;
/** A writer that has not ended for so long was killed. */
const DEAD_MS = 60_000;

export interface HotMapOptions {
  readonly plan: MapPlan;
  readonly front: Front;
  /** What a program's lookup of this key finds now. */
  find(key: Uint8Array): Uint8Array | undefined;
}

/** What stands in front of a map. Plain data. */
export interface FrontState {
  readonly isOpen: boolean;
  readonly entries: number;
  /** The part of sampled lookups that was for keys in front, or that would be; 0 while nothing is known. */
  readonly share: number;
  /** How often it was made. */
  readonly made: number;
}

/** One map and what stands in front of it: sampled, made where it pays, made again as traffic and table change, else closed. */
export class HotMap {
  readonly #options: HotMapOptions;
  readonly #heat = new Heat();
  #arrangement: Arrangement | undefined;
  /** Measured with samples that were taken after the keys had been chosen. */
  #share: number | undefined;
  /** The part of ticks since whose last one nobody had written: what was made then still held. */
  #valid = 1;
  #begun = 0n;
  /** Keys have changed since the front was made. */
  #isDue = false;
  #chosenAt = 0;
  #windowSince: number | undefined;
  #nextWindow = 0;
  #pauseMs = PAUSE_MS;
  #made = 0;
  #writing: { readonly since: number; readonly writers: Front['writers'] } | undefined;

  constructor(options: HotMapOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.plan.name;
  }

  get state(): FrontState {
    const { isOpen } = this.#options.front;
    const entries = isOpen ? (this.#arrangement?.keys.length ?? 0) : 0;
    return { isOpen, entries, share: this.#share ?? 0, made: this.#made };
  }

  /** `now`: milliseconds that never go back. */
  tick(now: number): void {
    const { front } = this.#options;
    if (!front.isMine) return;
    this.#sample(now);
    this.#watchWrites();
    if (!this.#pays || this.#isBeingWritten(now)) front.close();
    else if (this.#isDue || !front.isValid) this.#make();
  }

  close(): void {
    const { front } = this.#options;
    if (!front.isMine) return;
    front.takeSamples();
    front.close();
  }

  get #pays(): boolean {
    const { plan, front } = this.#options;
    const { isOpen } = front;
    if (this.#arrangement === undefined) return false;
    // Keys that have just taken the place of others.
    if (this.#share === undefined) return isOpen;
    return this.#share * this.#valid >= (PAYS[plan.type] ?? 1) * (isOpen ? STILL_PAYS : 1);
  }

  #watchWrites(): void {
    const { begun } = this.#options.front.writers;
    this.#valid = 0.9 * this.#valid + (begun === this.#begun ? 0.1 : 0);
    this.#begun = begun;
  }

  #sample(now: number): void {
    const { front } = this.#options;
    if (this.#windowSince === undefined) {
      if (now < this.#nextWindow) return;
      front.startSampling();
      this.#windowSince = now;
      return;
    }
    const { sampled } = front;
    const isOver = now - this.#windowSince >= LONGEST_WINDOW_MS && sampled >= FEW;
    if (sampled < FRONT_SAMPLES && !isOver) return;
    this.#windowSince = undefined;
    this.#learn(front.takeSamples(), now);
    // An unknown share is asked for again soon; what does not pay seldom begins to.
    const isSoon = this.#pays || this.#share === undefined;
    this.#pauseMs = isSoon ? PAUSE_MS : Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
    this.#nextWindow = now + this.#pauseMs;
  }

  #learn(samples: readonly Uint8Array[], now: number): void {
    const chosen = this.#arrangement?.keys ?? [];
    if (chosen.length > 0) {
      const share = shareOf(chosen, samples);
      this.#share = this.#share === undefined ? share : (this.#share + share) / 2;
    }
    this.#heat.add(samples);
    const hottest = this.#heat.hottest((key) => this.#options.find(key) !== undefined);
    const gain = this.#heat.partOf(hottest) - this.#heat.partOf(chosen);
    const isShift = gain > SHIFTED;
    if (!isShift && !(gain > 0 && now - this.#chosenAt >= REFINE_MS)) return;
    this.#arrangement = arrange(hottest);
    this.#chosenAt = now;
    this.#isDue = true;
    if (isShift) this.#share = undefined;
  }

  #make(): void {
    const { front } = this.#options;
    const arrangement = this.#arrangement;
    if (arrangement === undefined) return;
    const isMade = front.open(arrangement.factor, () =>
      arrangement.keys.flatMap((key): StoredEntry[] => {
        const value = this.#options.find(key);
        return value === undefined ? [] : [[key, value]];
      }),
    );
    if (!isMade) return;
    this.#isDue = false;
    this.#made++;
  }

  /** Somebody is writing, or was killed while writing: the latter is forgotten. */
  #isBeingWritten(now: number): boolean {
    const { front } = this.#options;
    const { writers } = front;
    if (writers.begun === writers.done) {
      this.#writing = undefined;
      return false;
    }
    const before = this.#writing;
    const isSame = before?.writers.begun === writers.begun && before.writers.done === writers.done;
    if (!isSame) this.#writing = { since: now, writers };
    else if (now - before.since >= DEAD_MS) front.forgetWriters(writers);
    return true;
  }
}
