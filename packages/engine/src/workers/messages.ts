import type { EngineImage } from '../engine-image.ts';
import type { FibPort, Neighbour, Route } from '../helpers/fib-table.ts';
import type { ForwarderPlace } from '../ports/forwarder.ts';
import type { FramePoolImage } from '../ports/frame-pool.ts';
import type { PortImage } from '../ports/port-image.ts';
import type { Trap } from '../trap-report.ts';

/** All that a worker is to do; what is not here any more stops. */
export interface Configuration {
  readonly ports: readonly PortImage[];
  /** Id of the program that judges frames; 0: all are dropped. */
  readonly program: number;
  /** Number of the port for frames that are meant for the host. */
  readonly host: number | undefined;
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

export type FromWorker =
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number; readonly error: Error }
  | { readonly kind: 'trap'; readonly trap: Trap };
