import type { CaptureImage } from './capture.ts';
import type { FramePoolImage } from './frame-pool.ts';
import type { RingPlaces } from './ring.ts';

/** A port as threads tell each other of it: where its rings lie, and what is behind them. */
export interface PortImage {
  /** What programs know it by: xdp_md.ingress_ifindex, the target of redirects, the number in devmaps. */
  readonly number: number;
  readonly name: string;
  /** xdp_md.rx_queue_index. */
  readonly queue: number;
  /** Among the ports of its pool, 1 to 254: who holds a frame. */
  readonly slot: number;
  readonly rings: RingPlaces;
  /** Address of its counters. */
  readonly counters: number;
  readonly device: DeviceImage;
}

export type DeviceImage =
  /** Another thread works on the other side: see FarEnd. */
  | { readonly kind: 'memory' }
  | { readonly kind: 'capture'; readonly capture: CaptureImage }
  /** The other end of a wire to another worker, whose pool it is. `moves`: the port of that end, if this one moves the frames. */
  | { readonly kind: 'link'; readonly pool: FramePoolImage; readonly moves?: PortImage }
  /** The kernel does. */
  | { readonly kind: 'xdp'; readonly fd: number }
  | { readonly kind: 'packet'; readonly link: string; readonly namespace: string | undefined }
  /** `fd`: its descriptor, if it is open already. */
  | { readonly kind: 'tap'; readonly name: string; readonly namespace: string | undefined; readonly fd?: number };

/** What moves frames between a port's rings and what is behind them, on the thread that works on the port. */
export interface Device extends Disposable {
  /** Takes from outside what has come, and out what was sent: whether there was anything. Default: somebody else does. */
  exchange?(): boolean;
  /** Something is in the transmit ring. */
  sent?(): void;
  /** Something new is in the fill ring, and the consumer wants to know. */
  filled?(): void;
  /** A descriptor to wait on, readable when something has come. */
  readonly fd?: number;
  /** Whoever brings something rings the bell of the pool. */
  readonly rings?: boolean;
  /** There will be nothing any more. */
  readonly finished?: boolean;
}
