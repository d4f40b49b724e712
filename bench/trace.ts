// Runs an XDP program over a trace of different packets inside one test run: a program in front takes the next packet of the
// trace, copies it over the frame and tail-calls the program. A frame that stays the same would teach the branch predictor.
import { assembleProgram, attachXdp, BpfMap, BpfProgram, LiveFrames, setTailCall, type XdpLink } from '@twinpath/ebpf';

/** Bytes of every packet of a trace: an IPv6 TCP header fits. */
export const FRAME = 96;
/** Bytes of the packets of a trace whose verdicts are carried out: an IPv4 TCP header fits. */
export const LIVE_FRAME = 64;
/** A driver's burst; a veth has room for 256. */
const LIVE_BURST = 64;

export class Trace {
  readonly #maps: Readonly<Record<string, BpfMap>>;
  readonly #front: BpfProgram;
  #frames: LiveFrames | undefined;
  readonly length: number;
  readonly #frame: number;

  /** `packets`: `frame` bytes each; as many as a power of two. */
  constructor(packets: readonly Uint8Array[], frame = FRAME) {
    this.length = packets.length;
    this.#frame = frame;
    if ((this.length & (this.length - 1)) !== 0) throw new RangeError('a trace has as many packets as a power of two');
    const array = { type: 'array', keySize: 4, maxEntries: 1, flags: ['mmapable'] } as const;
    const packetMap = BpfMap.create({ name: 'trace', ...array, valueSize: this.length * 128 });
    const cursor = BpfMap.create({ name: 'cursor', ...array, valueSize: 8 });
    const next = BpfMap.create({ name: 'next', type: 'prog-array', keySize: 4, valueSize: 4, maxEntries: 1 });
    this.#maps = { trace: packetMap, cursor, next };
    const value = new Uint8Array(this.length * 128);
    for (const [index, packet] of packets.entries()) value.set(packet.subarray(0, frame), index * 128);
    packetMap.update(new Uint8Array(4), value);
    this.#front = BpfProgram.load(assembleProgram('tp_trace', 'xdp', this.#source()), { maps: this.#maps });
  }

  #source(): string {
    const copies = Array.from({ length: this.#frame / 8 }, (_, word) => [
      `r3 = *(u64 *)(r7 +${8 * word})`,
      `*(u64 *)(r8 +${8 * word}) = r3`,
    ]).flat();
    return [
      'r6 = r1',
      'r2 = map[cursor][0]+0',
      'r3 = *(u64 *)(r2 +0)',
      'r4 = r3',
      'r4 += 1',
      '*(u64 *)(r2 +0) = r4',
      `r3 &= ${this.length - 1}`,
      'r3 <<= 7',
      'r7 = map[trace][0]+0',
      'r7 += r3',
      'r8 = *(u32 *)(r6 +0)',
      'r9 = *(u32 *)(r6 +4)',
      'r3 = r8',
      `r3 += ${this.#frame}`,
      'if r3 > r9 goto out',
      ...copies,
      'r1 = r6',
      'r2 = map[next]',
      'r3 = 0',
      'call bpf_tail_call#12',
      'out:',
      'r0 = 0',
      'exit',
    ].join('\n');
  }

  /** The verdict for every packet of the trace, in order. */
  verdicts(program: BpfProgram): readonly number[] {
    this.#aim(program);
    return Array.from({ length: this.length }, () => this.#front.testRun({ data: new Uint8Array(FRAME) }).retval);
  }

  /** Nanoseconds for one packet, the front included; wall time around so many packets, beginning with packet `first`. */
  run(program: BpfProgram, packets: number, first = 0): number {
    this.#aim(program, first);
    const start = process.hrtime.bigint();
    this.#front.testRun({ data: new Uint8Array(FRAME), repeat: packets });
    return Number(process.hrtime.bigint() - start) / packets;
  }

  /** As `run`, in processor time of this thread. */
  runOnProcessor(program: BpfProgram, packets: number, first = 0): number {
    const start = process.threadCpuUsage();
    this.run(program, packets, first);
    const { user, system } = process.threadCpuUsage(start);
    return ((user + system) * 1000) / packets;
  }

  /** The program in front has to be attached somewhere for `runLive` to be fast. */
  attach(ifindex: number): XdpLink {
    return attachXdp({ program: this.#front, ifindex, mode: 'native' });
  }

  /** Carries out the verdicts of so many packets, from the first on: what passes goes up the stack from `ifindex`, in this
   *  thread's namespace. @returns nanoseconds of this thread for one packet. */
  runLive(program: BpfProgram, packets: number, ifindex: number): number {
    this.#aim(program);
    this.#frames ??= new LiveFrames(this.#front);
    const start = process.threadCpuUsage();
    for (let left = packets; left > 0; left -= LIVE_BURST) this.#frames.run(Math.min(left, LIVE_BURST), ifindex);
    const { user, system } = process.threadCpuUsage(start);
    return ((user + system) * 1000) / packets;
  }

  #aim(program: BpfProgram, first = 0): void {
    setTailCall(this.#map('next'), 0, program);
    this.#map('cursor').update(new Uint8Array(4), new Uint8Array(BigUint64Array.of(BigInt(first)).buffer));
  }

  #map(name: string): BpfMap {
    const map = this.#maps[name];
    if (map === undefined) throw new Error(`a trace has no map ${name}`);
    return map;
  }

  [Symbol.dispose](): void {
    this.#front[Symbol.dispose]();
    for (const map of Object.values(this.#maps)) map[Symbol.dispose]();
  }
}
