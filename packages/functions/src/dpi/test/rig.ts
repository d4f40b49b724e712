// The function without a network: packets through the fast path, what it hands up through the inspector, one by one.
import { type ExecutorName, startUnderTest } from '@twinpath/testing';
import type { Duration, Log } from '@twinpath/vnf';
import type { z } from 'zod';
import { builtIn, type Classifier } from '../classifiers/index.ts';
import { Config } from '../config.ts';
import dpi from '../dpi.vnf.ts';
import type { Engine } from '../engine.ts';
import type { FlowKey } from '../fast-path.ts';
import { Inspector, type Sample } from '../inspector.ts';
import { Ledger } from '../ledger.ts';
import type { Named } from '../policy.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

export interface RigOptions {
  readonly engine?: Engine | undefined;
  readonly own?: readonly Classifier[];
  readonly config?: z.input<typeof Config>;
  /** Default: the evaluator. */
  readonly executor?: ExecutorName;
}
const start = (executor: ExecutorName, config: z.input<typeof Config>) => startUnderTest(dpi, { executor, config });
type Started = Awaited<ReturnType<typeof start>>;

export interface RigVerdict extends Named {
  readonly key: FlowKey;
  readonly risks: bigint;
}

/** `mode: hold`, so that packets are shown one by one. */
export class Rig implements Disposable {
  readonly inspector: Inspector;
  readonly #function: Started;

  private constructor(started: Started, { engine, own = [], config = {} }: RigOptions) {
    const parsed = Config.parse(config);
    this.#function = started;
    const ledger = new Ledger(started.tables, silent);
    this.inspector = new Inspector({ ledger, engine, own, builtIn, config: () => parsed });
  }

  static async start(options: RigOptions = {}): Promise<Rig> {
    const config = { mode: 'hold', ...options.config } as const;
    return new Rig(await start(options.executor ?? 'evaluator', config), { ...options, config });
  }

  get tables(): Started['tables'] {
    return this.#function.tables;
  }

  /** What becomes of a frame; waits until classifiers have seen it. `at`: nanoseconds, for nDPI. */
  async feed(frame: Uint8Array, at = 0) {
    // No two packets come at the same moment.
    this.after('1 us');
    const seen = this.#function.send(frame);
    const { handedUp } = seen;
    if (!handedUp) return seen.verdict;
    // What the metadata of `held` decode to.
    const metadata = handedUp.metadata as unknown as Pick<Sample, 'key' | 'born' | 'left'>;
    const [act] = await this.inspector.inspect([{ ...metadata, frame: handedUp.bytes, at }]);
    return act ? `held, ${act.action}` : 'held';
  }

  /** No flow is known any more. */
  clear(): void {
    const { flows, undecided, fragments, details } = this.tables;
    for (const one of [flows, undecided, fragments, details]) one.deleteWhere(() => true);
    for (const one of [this.tables.carried, this.tables.early]) {
      for (const [number, { traffic }] of one) if (traffic.packets > 0) one.set(number, {});
    }
  }

  after(time: Duration): void {
    this.#function.after(time);
  }

  /** Every flow that has a verdict, by its canonical key. */
  verdicts(): readonly RigVerdict[] {
    const names = new Map(this.tables.applications);
    return [...this.tables.flows].map(([key, { application, risks }]) => {
      const { name = '', protocol = '', category = '' } = names.get(application) ?? {};
      return { key, risks, name, protocol, category };
    });
  }

  [Symbol.dispose](): void {
    this.#function[Symbol.dispose]();
  }
}
