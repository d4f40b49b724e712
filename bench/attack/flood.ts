// Floods an interface of this process's network namespace with first packets of TCP connections (SYN) from addresses that are not
// there, at a fixed rate, and drops what comes back. Arguments: the destination's address, the MAC address it is reached by, and
// interfaces. Each line on standard input is an interface, frames per second and seconds; the answer is how many frames were made.
import { createInterface } from 'node:readline';
import { assembleProgram, attachXdp, BpfMap, BpfProgram, LiveFrames } from '@twinpath/ebpf';
import { createVeth, getLink, Netlink, setLink } from '@twinpath/linux';
import { packetFromText } from '@twinpath/packet';

const [destination = '', mac = '', ...links] = process.argv.slice(2);

/** Frames that one system call makes. */
const BATCH = 64;
/** More than so many are not made up for. */
const MOST_LATE = 16 * BATCH;
/** Of the template, in bytes. */
const AT = { ipChecksum: 24, source: 28, sourcePort: 34, tcpChecksum: 50, length: 64 } as const;

/** Each frame is the template with 16 random bits of source address, 16 of source port, and the checksums that follow. Sums of
 *  16-bit words come out alike in either byte order. */
const text = `
  r6 = r1
  r7 = map[state][0]+0
  r8 = *(u32 *)(r6 +0)
  r3 = *(u32 *)(r6 +4)
  r2 = r8
  r2 += ${AT.length}
  if r2 > r3 goto drop
  r2 = *(u32 *)(r6 +12)
  r1 = *(u32 *)(r7 +4)
  if r1 != r2 goto drop
  r9 = map[template][0]+0
${Array.from({ length: AT.length / 8 }, (_, word) => `  r1 = *(u64 *)(r9 +${8 * word})\n  *(u64 *)(r8 +${8 * word}) = r1`).join('\n')}
  r1 = *(u32 *)(r7 +8)
  r1 += 1
  *(u32 *)(r7 +8) = r1
  call bpf_get_prandom_u32
  r1 = r0
  r1 &= 0xffff
  r2 = r0
  r2 >>= 16
  r2 &= 0xffff
  *(u16 *)(r8 +${AT.source}) = r1
  *(u16 *)(r8 +${AT.sourcePort}) = r2
  r3 = *(u16 *)(r8 +${AT.ipChecksum})
  r3 ^= 0xffff
  r3 += r1
${fold(3)}
  *(u16 *)(r8 +${AT.ipChecksum}) = r3
  r3 = *(u16 *)(r8 +${AT.tcpChecksum})
  r3 ^= 0xffff
  r3 += r1
  r3 += r2
${fold(3)}
  *(u16 *)(r8 +${AT.tcpChecksum}) = r3
  r1 = *(u32 *)(r7 +0)
  r2 = 0
  call bpf_redirect
  exit
drop:
  r0 = 1
  exit`;

function fold(register: number): string {
  const once = `  r4 = r${register}\n  r4 >>= 16\n  r${register} &= 0xffff\n  r${register} += r4`;
  return `${once}\n${once}\n  r${register} ^= 0xffff`;
}

using netlink = new Netlink();
createVeth(netlink, { name: 'idle', queues: 1, peer: { name: 'idle-peer', queues: 1 } });
setLink(netlink, 'idle', { up: true });
const idle = getLink(netlink, 'idle').ifindex;
const template = BpfMap.create(mmapable('template', AT.length));
const frame = packetFromText(`eth ${mac} > ${mac} / ip 10.200.0.0 > ${destination} / tcp 0 > 80 syn`);
new Uint8Array(template.mapMemory().buffer, 0, AT.length).set(frame.subarray(0, AT.length));
// [interface to send by, interface that our frames are said to come from, frames made], u32 each.
const state = BpfMap.create(mmapable('state', 16));
const words = new Uint32Array(state.mapMemory().buffer, 0, 4);
words[1] = idle;
const program = BpfProgram.load(assembleProgram('flood', 'xdp', text), { maps: { template, state } });
const indexes = new Map(links.map((link) => [link, getLink(netlink, link).ifindex]));
for (const ifindex of [idle, ...indexes.values()]) attachXdp({ program, ifindex, mode: 'native' });
const frames = new LiveFrames(program);
const asleep = new Int32Array(new SharedArrayBuffer(4));

createInterface({ input: process.stdin }).on('line', (line) => {
  const [link = '', rate = 0, seconds = 0] = line.split(' ').map((word, index) => (index === 0 ? word : Number(word)));
  console.log(flood(String(link), Number(rate), Number(seconds)));
});
console.log('ready');

function flood(link: string, rate: number, seconds: number): number {
  words[0] = indexes.get(link) ?? 0;
  const before = words[2] ?? 0;
  const begun = performance.now();
  const until = begun + 1000 * seconds;
  let sent = 0;
  for (let now = begun; now < until; now = performance.now()) {
    const late = Math.floor(((now - begun) * rate) / 1000) - sent;
    if (late < BATCH) {
      Atomics.wait(asleep, 0, 0, 0.1);
      continue;
    }
    if (late > MOST_LATE) sent += late - MOST_LATE;
    frames.run(BATCH, idle);
    sent += BATCH;
  }
  return ((words[2] ?? 0) - before) >>> 0;
}

function mmapable(name: string, valueSize: number) {
  return { name, type: 'array', keySize: 4, valueSize, maxEntries: 1, flags: ['mmapable'] } as const;
}
