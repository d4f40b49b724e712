// How a host takes part whose interface is the engine's: a TAP interface whose two programs let what the engine passes arrive at the
// interface, and what the host sends by the interface come to the engine. The host's addresses, routes and neighbours stay where they
// are.
//
//   wire ─► AF_XDP ─► engine ─► TAP ─► ingress of the interface ─► host
//   wire ◄─ AF_XDP ◄─ engine ◄─ TAP ◄─ egress of the interface  ◄─ host

import { assembleProgram, attachClsact, attachTcx, BpfProgram, findClsactPlace, probe } from '@twinpath/ebpf';
import { getLink, Netlink, setLink, Tap, writeSysctl } from '@twinpath/linux';
import { PROGRAM_PREFIX } from '../host/paths.ts';
import { within } from '../host/settings.ts';

const BPF_F_INGRESS = 1;

export interface HostGateOptions {
  /** Of the interface. */
  readonly ifindex: number;
  /** Of the TAP interface to make. */
  readonly tap: string;
  /** Of the TAP interface. */
  readonly queues: number;
  /** Name of the namespace that both are in; `undefined`: this thread's. */
  readonly namespace: string | undefined;
}

/** Gone, with the TAP interface, when it is disposed. */
export class HostGate implements Disposable {
  /** Its queues, each for a thread. */
  readonly taps: readonly Tap[];
  readonly #options: HostGateOptions;
  readonly #tapIndex: number;
  readonly #inward: Disposable;
  #outward: Disposable | undefined;

  constructor(options: HostGateOptions) {
    const { tap, namespace, ifindex } = options;
    this.#options = options;
    using owned = new DisposableStack();
    const place = namespace === undefined ? {} : { namespace };
    this.taps = Array.from({ length: options.queues }, () =>
      owned.use(new Tap({ name: tap, ...place, queues: options.queues > 1 })),
    );
    within(namespace, () => silence(tap));
    using netlink = new Netlink(namespace);
    setLink(netlink, tap, { up: true });
    this.#tapIndex = getLink(netlink, tap).ifindex;
    this.#inward = owned.use(this.#attach('ingress', this.#tapIndex, redirectTo('arrive', ifindex, BPF_F_INGRESS)));
    owned.move();
  }

  /** Without tcx (before 6.6) a program would stay at the interface when this process is killed, and lead what the host sends nowhere. */
  static get canTakeOutward(): boolean {
    return probe('tcx-link');
  }

  /** Whether what the host sends comes to the engine, or goes out as if there were none. */
  takeOutward(taken: boolean): void {
    if (taken === (this.#outward !== undefined) || !HostGate.canTakeOutward) return;
    if (taken) {
      this.#outward = this.#attach('egress', this.#options.ifindex, redirectTo('leave', this.#tapIndex, 0));
    } else {
      this.#outward?.[Symbol.dispose]();
      this.#outward = undefined;
    }
  }

  [Symbol.dispose](): void {
    this.#outward?.[Symbol.dispose]();
    this.#inward[Symbol.dispose]();
    for (const tap of this.taps) tap[Symbol.dispose]();
  }

  #attach(direction: 'ingress' | 'egress', ifindex: number, program: BpfProgram): Disposable {
    using _program = program;
    return within(this.#options.namespace, () => {
      if (probe('tcx-link')) return attachTcx({ program, ifindex, direction });
      return attachClsact({ program, place: findClsactPlace(ifindex, direction), name: program.name });
    });
  }
}

const redirectTo = (name: string, ifindex: number, flags: number): BpfProgram => {
  const text = `r1 = ${ifindex}\nr2 = ${flags}\ncall bpf_redirect\nexit`;
  return BpfProgram.load(assembleProgram(`${PROGRAM_PREFIX}${name}`, 'sched-cls', text));
};

/** The host is to say nothing of itself there. */
function silence(name: string): void {
  try {
    writeSysctl(`net.ipv6.conf.${name}.disable_ipv6`, 1);
  } catch (error) {
    // Without IPv6 there is nothing to turn off.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
