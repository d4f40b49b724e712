import { assembleProgram, attachTcx, attachXdp, BpfMap, BpfProgram } from '@twinpath/ebpf';
import { type Arrived, type BenchHook, KIND, PAYLOAD } from './messages.ts';

/** Microseconds that are told apart. */
const BUCKETS = 65_536;

/** Counts a packet of ours, and takes it: it has arrived. Where packet data begins and ends in a context differs by hook. */
const text = (data: number, end: number, drop: number) => `
  r6 = r1
  r2 = *(u32 *)(r6 +${data})
  r3 = *(u32 *)(r6 +${end})
  r4 = r2
  r4 += ${PAYLOAD.length}
  if r4 > r3 goto taken
  r7 = *(u8 *)(r2 +${PAYLOAD.kind})
  r8 = *(u64 *)(r2 +${PAYLOAD.time})
  r9 = map[arrived][0]+0
  r1 = 1
  if r7 == ${KIND.hit} goto hit
  if r7 != ${KIND.miss} goto taken
  lock *(u64 *)(r9 +0) += r1
  call bpf_ktime_get_ns
  r0 -= r8
  r0 /= 1000
  if r0 < ${BUCKETS} goto inside
  r0 = ${BUCKETS - 1}
inside:
  *(u32 *)(r10 -4) = r0
  r2 = r10
  r2 += -4
  r1 = map[latency]
  call bpf_map_lookup_elem
  if r0 == 0 goto taken
  r1 = 1
  lock *(u64 *)(r0 +0) += r1
  goto taken
hit:
  lock *(u64 *)(r9 +8) += r1
taken:
  r0 = ${drop}
  exit`;

/** Takes all that arrives at an interface of this thread's namespace: before the stack has made anything of it (XDP), or behind
 *  (tcx). */
export class Arrivals implements Disposable {
  readonly #stack: DisposableStack;
  readonly #counts: BigUint64Array;
  readonly #latency: BigUint64Array;

  constructor(ifindex: number, hook: BenchHook) {
    using stack = new DisposableStack();
    const arrived = stack.use(BpfMap.create(counts('arrived', 16, 1)));
    const latency = stack.use(BpfMap.create(counts('latency', 8, BUCKETS)));
    this.#counts = new BigUint64Array(stack.use(arrived.mapMemory()).buffer, 0, 2);
    this.#latency = new BigUint64Array(stack.use(latency.mapMemory()).buffer, 0, BUCKETS);
    const isXdp = hook === 'xdp';
    const spec = isXdp
      ? assembleProgram('arrivals', 'xdp', text(0, 4, 1))
      : assembleProgram('arrivals', 'sched-cls', text(76, 80, 2));
    using program = BpfProgram.load(spec, { maps: { arrived, latency } });
    stack.use(
      isXdp ? attachXdp({ program, ifindex, mode: 'native' }) : attachTcx({ program, ifindex, direction: 'ingress' }),
    );
    this.#stack = stack.move();
  }

  read(): Arrived {
    const [misses = 0n, hits = 0n] = this.#counts;
    return { misses: Number(misses), hits: Number(hits), latency: Array.from(this.#latency, Number) };
  }

  clear(): void {
    this.#counts.fill(0n);
    this.#latency.fill(0n);
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

function counts(name: string, valueSize: number, maxEntries: number) {
  return { name, type: 'array', keySize: 4, valueSize, maxEntries, flags: ['mmapable'] } as const;
}
