// Makes UDP packets in this process's network namespace and sends them out of interfaces, as many as the kernel can make or at a
// rate; and takes those that come in by them. Speaks in lines: see messages.ts.
import { createInterface } from 'node:readline';
import { assembleProgram, attachTcx, attachXdp, BpfMap, BpfProgram, LiveFrames } from '@twinpath/ebpf';
import { createVeth, getLink, Netlink } from '@twinpath/linux';
import { packetFromText } from '@twinpath/packet';
import { BEYOND, FIRST_PORT, type Sent, type SinkHook, type Sunk, type ToSource } from './messages.ts';

/** Bytes that each frame gets from the template: the headers, and what fills the smallest frame. */
const TEMPLATE = 64;
/** With a rate, what one system call makes; more than so many are not made up for. */
const PACED_BATCH = 64;
const MOST_LATE = 16 * PACED_BATCH;
const AT = { sourcePort: 34, destinationPort: 36, udpChecksum: 40 } as const;

/** What a sink keeps of a frame. */
const KEPT = 40;

/** Each frame is the template with the ports of the next flow, which no checksum covers. */
const text = `
  r6 = r1
  r7 = map[state][0]+0
  r8 = *(u32 *)(r6 +0)
  r3 = *(u32 *)(r6 +4)
  r2 = r8
  r2 += ${TEMPLATE}
  if r2 > r3 goto lost
  r9 = map[template][0]+0
${Array.from({ length: TEMPLATE / 8 }, (_, word) => `  r1 = *(u64 *)(r9 +${8 * word})\n  *(u64 *)(r8 +${8 * word}) = r1`).join('\n')}
  r1 = *(u32 *)(r7 +4)
  r2 = r1
  r2 += 1
  *(u32 *)(r7 +4) = r2
  r2 = *(u32 *)(r7 +8)
  r1 &= r2
  r2 = r1
  r2 += ${FIRST_PORT}
  r2 = be16 r2
  *(u16 *)(r8 +${AT.sourcePort}) = r2
  r1 >>= 16
  r1 += ${FIRST_PORT}
  r1 = be16 r1
  *(u16 *)(r8 +${AT.destinationPort}) = r1
  r1 = *(u32 *)(r7 +0)
  r2 = 0
  call bpf_redirect
  exit
lost:
  r0 = 0
  exit`;

/** Counts a frame, keeps its head, and ends it. */
const sinkText: Readonly<Record<SinkHook, string>> = {
  xdp: `
  r2 = *(u32 *)(r1 +0)
  r3 = *(u32 *)(r1 +4)
  r4 = r2
  r4 += ${KEPT}
  if r4 > r3 goto taken
  r5 = map[sunk][0]+0
${Array.from({ length: KEPT / 8 }, (_, word) => `  r1 = *(u64 *)(r2 +${8 * word})\n  *(u64 *)(r5 +${8 + 8 * word}) = r1`).join('\n')}
  r1 = 1
  lock *(u64 *)(r5 +0) += r1
taken:
  r0 = 1
  exit`,
  // Of what a packet socket sends, the header alone is linear.
  tcx: `
  r6 = map[sunk][0]+0
  r2 = 0
  r3 = r6
  r3 += 8
  r4 = ${KEPT}
  call bpf_skb_load_bytes
  if r0 != 0 goto taken
  r1 = 1
  lock *(u64 *)(r6 +0) += r1
taken:
  r0 = 2
  exit`,
};

const netlink = new Netlink();
createVeth(netlink, { name: 'idle', queues: 1, peer: { name: 'idle-peer', queues: 1 } });
const idle = getLink(netlink, 'idle').ifindex;
const template = BpfMap.create(mmapable('template', TEMPLATE));
const head = new Uint8Array(template.mapMemory().buffer, 0, TEMPLATE);
// [interface to send by, frames made, flows less one], u32 each.
const state = BpfMap.create(mmapable('state', 16));
const words = new Uint32Array(state.mapMemory().buffer, 0, 4);
const program = BpfProgram.load(assembleProgram('make', 'xdp', text), { maps: { template, state } });
// For the kernel's dispatcher to know the program; nothing is sent to this interface.
attachXdp({ program, ifindex: idle, mode: 'native' });
const sinks = new Map<
  string,
  { readonly count: BigUint64Array; readonly last: Uint8Array; readonly link: Disposable }
>();
const asleep = new Int32Array(new SharedArrayBuffer(4));

createInterface({ input: process.stdin }).on('line', (line) => {
  const asked: ToSource = JSON.parse(line);
  if (asked.ask === 'sink') sink(asked.link, asked.hook);
  console.log(JSON.stringify(asked.ask === 'load' ? send(asked) : sunk(asked.link)));
});
console.log('ready');

function sink(link: string, hook: SinkHook): void {
  const map = BpfMap.create(mmapable('sunk', 8 + KEPT));
  const memory = map.mapMemory().buffer;
  const isXdp = hook === 'xdp';
  const spec = assembleProgram('sink', isXdp ? 'xdp' : 'sched-cls', sinkText[hook]);
  const taker = BpfProgram.load(spec, { maps: { sunk: map } });
  const { ifindex } = getLink(netlink, link);
  sinks.set(link, {
    count: new BigUint64Array(memory, 0, 1),
    last: new Uint8Array(memory, 8, KEPT),
    link: isXdp
      ? attachXdp({ program: taker, ifindex, mode: 'native' })
      : attachTcx({ program: taker, ifindex, direction: 'ingress' }),
  });
}

function sunk(link: string): Sunk {
  const { count, last } = sinks.get(link) ?? {};
  return { frames: Number(count?.[0] ?? 0n), last: Buffer.from(last ?? []).toString('hex') };
}

function send({ link, to, load }: ToSource & { readonly ask: 'load' }): Sent {
  const { ms, bytes, flows, rate, most = Number.POSITIVE_INFINITY } = load;
  const { ifindex, mac } = getLink(netlink, link);
  head.set(frameTo(`eth ${mac} > ${to}`, bytes).subarray(0, TEMPLATE));
  words.set([ifindex, 0, flows - 1]);
  const frames = new LiveFrames(program, { length: bytes });
  const [begun, cpu] = [performance.now(), process.cpuUsage()];
  const pace = rate === undefined ? undefined : new Pace(rate);
  for (let now = begun; now < begun + ms && (words[1] ?? 0) < most; now = performance.now()) {
    const early = pace?.early(now - begun) ?? 0;
    if (early > 0) Atomics.wait(asleep, 0, 0, early);
    else frames.run(pace?.next() ?? Math.min(LiveFrames.most, most - (words[1] ?? 0)), idle);
  }
  const { user, system } = process.cpuUsage(cpu);
  return { sent: words[1] ?? 0, ms: performance.now() - begun, cpu: (user + system) * 1000 };
}

function frameTo(ethernet: string, bytes: number): Uint8Array {
  const payload = '00'.repeat(bytes - 42);
  const frame = packetFromText(`${ethernet} / ip 172.16.0.1 > ${BEYOND} / udp 1 > ${FIRST_PORT} / hex ${payload}`);
  frame.fill(0, AT.udpChecksum, AT.udpChecksum + 2);
  return frame;
}

/** Batches at a rate of frames each second. */
class Pace {
  readonly #rate: number;
  #made = 0;

  constructor(rate: number) {
    this.#rate = rate;
  }

  /** Milliseconds until the next batch is due, so long after the beginning; what is very late is let go. */
  early(since: number): number {
    const due = (since * this.#rate) / 1000;
    this.#made = Math.max(this.#made, due - MOST_LATE);
    return ((this.#made + PACED_BATCH - due) * 1000) / this.#rate;
  }

  next(): number {
    this.#made += PACED_BATCH;
    return PACED_BATCH;
  }
}

function mmapable(name: string, valueSize: number) {
  return { name, type: 'array', keySize: 4, valueSize, maxEntries: 1, flags: ['mmapable'] } as const;
}
