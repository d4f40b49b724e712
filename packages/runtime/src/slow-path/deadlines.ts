const NS_PER_MS = 1e6;

export interface Waiting {
  readonly settled: boolean;
  /** Nobody has answered in time. */
  expire(): void;
  /** Nothing more happens. */
  abandon(): void;
}

/** Packets whose handlers have not answered yet. One timer for all that wait equally long, since packets come fast. */
export class Deadlines implements Disposable {
  readonly #lines = new Map<number, Line>();

  add(waiting: Waiting, withinNs: number): void {
    let line = this.#lines.get(withinNs);
    if (line === undefined) {
      line = new Line(withinNs / NS_PER_MS);
      this.#lines.set(withinNs, line);
    }
    line.add(waiting);
  }

  [Symbol.dispose](): void {
    for (const line of this.#lines.values()) line.abandon();
    this.#lines.clear();
  }
}

/** First come, first due. */
class Line {
  readonly #ms: number;
  #waiting: { readonly one: Waiting; readonly until: number }[] = [];
  /** Those before have gone. */
  #first = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  add(one: Waiting): void {
    this.#waiting.push({ one, until: performance.now() + this.#ms });
    this.#timer ??= setTimeout(() => this.#due(), this.#ms);
  }

  abandon(): void {
    clearTimeout(this.#timer);
    for (const { one } of this.#waiting.slice(this.#first)) if (!one.settled) one.abandon();
  }

  #due(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (; this.#first < this.#waiting.length; this.#first++) {
      const next = this.#waiting[this.#first];
      if (next === undefined || next.one.settled) continue;
      if (next.until > now) {
        this.#timer = setTimeout(() => this.#due(), next.until - now);
        break;
      }
      next.one.expire();
    }
    this.#waiting.splice(0, this.#first);
    this.#first = 0;
  }
}
