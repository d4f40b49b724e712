// Makes packets in this process's network namespace and sends them out of one interface, each of a new flow or of a known one; and
// counts those that come back.
import { assembleProgram, attachXdp, BpfMap, BpfProgram, LiveFrames } from '@twinpath/ebpf';
import { getLink, Netlink } from '@twinpath/linux';
import { packetFromText } from '@twinpath/packet';
import { Arrivals } from './arrivals.ts';
import { FIRST_KNOWN, KNOWN_FLOWS } from './generator-flows.ts';
import { type Arrived, KIND, type Load, PAYLOAD, type Sent, type ToGenerator } from './messages.ts';

/** What the program counts, and is told: [next flow, hit every, packets, zero], u32 each. */
const STATE = { flow: 0, hitEvery: 1, packets: 2, hits: 3 } as const;

/** Fills a blank frame of 64 bytes with the template, an address and a time, and sends it out. */
const text = (out: number) => `
  r6 = r1
  r7 = map[state][0]+0
  r8 = *(u32 *)(r6 +0)
  r3 = *(u32 *)(r6 +4)
  r2 = r8
  r2 += 64
  if r2 > r3 goto lost
  r9 = map[template][0]+0
${Array.from({ length: 8 }, (_, word) => `  r1 = *(u64 *)(r9 +${8 * word})\n  *(u64 *)(r8 +${8 * word}) = r1`).join('\n')}
  r1 = *(u32 *)(r7 +8)
  r2 = r1
  r2 += 1
  *(u32 *)(r7 +8) = r2
  r3 = *(u32 *)(r7 +4)
  if r3 == 0 goto miss
  r2 = r1
  r2 %= r3
  if r2 != 0 goto miss
  r1 = *(u32 *)(r7 +12)
  r2 = r1
  r2 += 1
  *(u32 *)(r7 +12) = r2
  r1 &= ${KNOWN_FLOWS - 1}
  r1 |= ${FIRST_KNOWN}
  r2 = ${KIND.hit}
  goto made
miss:
  r1 = *(u32 *)(r7 +0)
  r2 = r1
  r2 += 1
  *(u32 *)(r7 +0) = r2
  r2 = ${KIND.miss}
made:
  *(u8 *)(r8 +${PAYLOAD.kind}) = r2
  r1 &= ${0xff_ffff}
  r1 |= ${0x0a00_0000}
  r1 = be32 r1
  *(u32 *)(r8 +26) = r1
  call bpf_ktime_get_ns
  *(u64 *)(r8 +${PAYLOAD.time}) = r0
  r1 = ${out}
  r2 = 0
  call bpf_redirect
  exit
lost:
  r0 = 0
  exit`;

const [, , name = '', hook] = process.argv;
using netlink = new Netlink();
const { ifindex, mac } = getLink(netlink, name);
const template = BpfMap.create(mmapable('template', 64));
const state = BpfMap.create(mmapable('state', 16));
const frame = packetFromText(`eth ${mac} > 02:00:00:00:00:01 / ip 10.0.0.1 > 192.0.2.1 / udp 5000 > 7`);
new Uint8Array(template.mapMemory().buffer, 0, 64).set(frame.subarray(0, 64));
const words = new Uint32Array(state.mapMemory().buffer, 0, 4);
const program = BpfProgram.load(assembleProgram('make', 'xdp', text(ifindex)), { maps: { template, state } });
// For the kernel's dispatcher to know the program; nothing is sent to this interface.
attachXdp({ program, ifindex: getLink(netlink, 'idle').ifindex, mode: 'native' });
const frames = new LiveFrames(program);

const arrivals = new Arrivals(ifindex, hook === 'tcx' ? 'tcx' : 'xdp');

process.on('message', (message: ToGenerator) => process.send?.(answer(message)));
process.send?.('ready');

function answer(message: ToGenerator): Sent | Arrived | 'cleared' {
  if (message === 'arrived') return arrivals.read();
  if (message !== 'clear') return run(message);
  arrivals.clear();
  return 'cleared';
}

function run({ rate, seconds, hitEvery }: Load): Sent {
  const [flow, hits] = [words[STATE.flow] ?? 0, words[STATE.hits] ?? 0];
  words[STATE.hitEvery] = hitEvery;
  const begun = performance.now();
  const until = begun + 1000 * seconds;
  let sent = 0;
  for (let now = begun; now < until; now = performance.now()) {
    const due = rate === 0 ? LiveFrames.most : Math.min(64, Math.floor(((now - begun) * rate) / 1000) - sent);
    if (due <= 0) continue;
    frames.run(due, ifindex);
    sent += due;
  }
  const of = (word: number, before: number) => ((words[word] ?? 0) - before) >>> 0;
  return { misses: of(STATE.flow, flow), hits: of(STATE.hits, hits), seconds: (performance.now() - begun) / 1000 };
}

function mmapable(name: string, valueSize: number) {
  return { name, type: 'array', keySize: 4, valueSize, maxEntries: 1, flags: ['mmapable'] } as const;
}
