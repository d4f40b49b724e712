import { EVENTS } from '@twinpath/compiler/abi';
import { RingBuffer } from '@twinpath/ebpf';
import type { Fd } from '@twinpath/linux';
import type { EventHandler } from '../data-plane.ts';
import { KernelPlane, type KernelPlaneOptions } from '../kernel/kernel-plane.ts';
import { RingConsumer } from '../slow-path/ring-consumer.ts';

export interface WorkerPlaneOptions extends KernelPlaneOptions {
  /** Calls back each time that something has come to the descriptor. */
  watch(fd: number, wake: () => void): Disposable;
  /** What authors' code is to run in. */
  within<T>(work: () => T): T;
}

/** The kernel, seen from a worker. A worker has no descriptors watched by its own event loop: the native code behind that cannot
 *  be interrupted, and a worker can be ended at any moment. The main thread watches for all. */
export class WorkerPlane extends KernelPlane {
  readonly #watch: WorkerPlaneOptions['watch'];
  readonly #within: WorkerPlaneOptions['within'];

  constructor({ watch, within, ...options }: WorkerPlaneOptions) {
    super(options);
    this.#watch = watch;
    this.#within = within;
  }

  override watch(fd: Fd, onEvent: () => void): Disposable {
    return this.#watch(fd.number, () => this.#within(onEvent));
  }

  override listen(handler: EventHandler, drained: () => boolean): Disposable {
    const map = this.maps.map(EVENTS);
    using stack = new DisposableStack();
    let isAwaited = true;
    const ring = new RingBuffer(map, handler, () => {
      isAwaited = drained();
    });
    const within = (work: () => number) => this.#within(work);
    const consumer = stack.use(new RingConsumer({ ring, within, isAwaited: () => isAwaited }));
    stack.use(this.listenToSockets(handler, drained));
    stack.use(this.#watch(map.fd.number, () => consumer.wake()));
    consumer.wake();
    return stack.move();
  }
}
