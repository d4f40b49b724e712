import { RESUME } from '@twinpath/compiler/abi';
import { type BpfProgram, xdpContext } from '@twinpath/ebpf';
import { type Fd, inNamespace, isSyscallError, PacketSocket } from '@twinpath/linux';
import type { PacketHook, PacketOut } from '../data-plane.ts';
import { FrameTooLongError } from '../packet-out/frame-too-long.ts';
import type { InstanceState } from '../tables/state.ts';
import type { GenericMode } from './generic-mode.ts';
import { loadPass } from './kernel-programs.ts';

/** What a live frame has room for: a page without headroom and the kernel's bookkeeping (net/bpf/test_run.c). */
const MAX_LIVE_FRAME = 3400;

/** Bytes of the header in front of what the MTU counts. */
const ETHERNET = 14;

export interface KernelPacketOutOptions {
  readonly namespace: Fd;
  readonly ifindex: number;
  readonly state: InstanceState;
  /** The mark by which the program on the way out knows packets of the slow path. */
  readonly key: number;
  /** Of the port, at the moment. */
  mtu(): number;
  /** As attached at the moment. */
  program(hook: PacketHook, origin: 'wire' | 'retry'): BpfProgram | undefined;
  /** Set where XDP runs in the stack. */
  generic(): GenericMode | undefined;
}

/** Ways in are live frames of a test run with the port as their origin; ways out are a packet socket on the port. */
export class KernelPacketOut implements PacketOut, Disposable {
  readonly #options: KernelPacketOutOptions;
  readonly #socket: PacketSocket;
  readonly #pass: BpfProgram;

  constructor(options: KernelPacketOutOptions) {
    this.#options = options;
    using stack = new DisposableStack();
    this.#pass = stack.use(loadPass());
    this.#socket = stack.use(new PacketSocket({ link: options.ifindex, namespace: options.namespace }));
    stack.move();
  }

  retry(hook: PacketHook, frame: Uint8Array, trips: number): void {
    if (hook === 'tcx-egress') {
      this.#transmitAgain(frame, trips);
      return;
    }
    const program = this.#options.program('xdp', 'retry');
    if (program === undefined) throw new Error('the function has no program for packets that come again');
    this.#options.state.trips = trips;
    this.#inject('retry', program, frame);
  }

  resume(hook: PacketHook, frame: Uint8Array): void {
    if (hook === 'tcx-egress') this.send(frame);
    else this.receive(frame);
  }

  send(frame: Uint8Array): void {
    this.#transmit(frame, RESUME);
  }

  receive(frame: Uint8Array): void {
    this.#inject('pass', this.#pass, frame);
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
    this.#pass[Symbol.dispose]();
  }

  /** What the program drops, or hands up once more, is to the sender as if the interface's queue were full. */
  #transmitAgain(frame: Uint8Array, trips: number): void {
    try {
      this.#transmit(frame, trips);
    } catch (error) {
      if (!isSyscallError(error, 'ENOBUFS')) throw error;
    }
  }

  /** Only a program on the way out takes the mark away again. */
  #transmit(frame: Uint8Array, priority: number): void {
    const isMarked = this.#options.program('tcx-egress', 'wire') !== undefined;
    try {
      this.#socket.send(frame, isMarked ? { mark: this.#options.key, priority } : {});
    } catch (error) {
      if (!isSyscallError(error, 'EMSGSIZE')) throw error;
      throw new FrameTooLongError(frame.length, this.#options.mtu() + ETHERNET, error);
    }
  }

  /** One frame a call: the kernel's dispatcher, which costs milliseconds, is not entered then. */
  #inject(what: 'pass' | 'retry', program: BpfProgram, frame: Uint8Array): void {
    if (frame.length > MAX_LIVE_FRAME) throw new FrameTooLongError(frame.length, MAX_LIVE_FRAME);
    const { namespace, ifindex } = this.#options;
    const ctx = xdpContext({ length: frame.length, ingressIfindex: ifindex });
    const generic = this.#options.generic();
    inNamespace(namespace, () => {
      (generic?.marking(what) ?? program).testRun({ data: frame, ctx, liveFrames: true });
    });
    generic?.clearMarks();
  }
}
