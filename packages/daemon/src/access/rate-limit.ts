interface Bucket {
  tokens: number;
  at: number;
}

/** So many callers are remembered; those that have been quiet are forgotten first. */
const MOST = 10_000;

/** How often each caller may ask: so many at once, then so many in a second. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor({ requestsPerSecond, burst }: { readonly requestsPerSecond: number; readonly burst: number }) {
    this.#perSecond = requestsPerSecond;
    this.#burst = burst;
  }

  /** `now` in seconds, of any clock that only goes on. */
  allows(caller: string, now = performance.now() / 1000): boolean {
    const bucket = this.#buckets.get(caller) ?? { tokens: this.#burst, at: now };
    const tokens = Math.min(this.#burst, bucket.tokens + (now - bucket.at) * this.#perSecond);
    // Those that asked last are last.
    this.#buckets.delete(caller);
    const allowed = tokens >= 1;
    this.#buckets.set(caller, { tokens: allowed ? tokens - 1 : tokens, at: now });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MOST && oldest !== undefined) this.#buckets.delete(oldest);
    return allowed;
  }
}
