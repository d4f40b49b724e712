import type { EngineImage } from '../engine-image.ts';
import type { FibPort, Neighbour, Route } from '../helpers/fib-table.ts';
import type { ForwarderPlace } from '../ports/forwarder.ts';
import type { FramePoolImage } from '../ports/frame-pool.ts';
import type { PortImage } from '../ports/port-image.ts';
import type { Assignment } from '../ports/ways.ts';
import type { Trap } from '../trap-report.ts';

/** All that a worker is to do; what is not here any more stops. */
export interface Configuration extends Assignment {
  readonly ports: readonly PortImage[];
  /** What bpf_fib_lookup and check_mtu know. */
  readonly network: Network | undefined;
}

export interface Network {
  readonly ports: readonly FibPort[];
  readonly routes: readonly Route[];
  readonly neighbours: readonly Neighbour[];
}

export interface WorkerStart {
  readonly image: EngineImage;
  readonly cpu: number;
  readonly pool: FramePoolImage;
  readonly place: ForwarderPlace;
  readonly poll: PollOptions;
  /** i32: counts answers. */
  readonly answered: SharedArrayBuffer;
  /** Shared with who started it: see recordHoldings. */
  readonly holdings: SharedArrayBuffer | undefined;
}

export interface PollOptions {
  /** Never sleep: for latency, at the price of a core. Default false. */
  readonly busy?: boolean;
  /** Microseconds without a frame after which it sleeps; default 50. */
  readonly patienceUs?: number;
  /** CPU of the machine to stay on; default: the scheduler's choice. */
  readonly pin?: number;
}

export type ToWorker = { readonly id: number } & (
  | { readonly kind: 'configure'; readonly image: EngineImage; readonly configuration: Configuration }
  /** Nothing has the frames of these ports any more. */
  | { readonly kind: 'reclaim'; readonly slots: readonly number[] }
  | { readonly kind: 'stop' }
);

/** To one of them, by the way that it came. */
export interface Answer {
  readonly id: number;
  /** Why it was not done. */
  readonly error?: Error;
}

/** What nobody has asked for. */
export interface FromWorker {
  readonly kind: 'trap';
  readonly trap: Trap;
}
