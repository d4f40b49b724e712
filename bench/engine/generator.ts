// Sends as many frames of 64 bytes out of an interface as the kernel can make, for as long as it is told; drops what comes back,
// in the driver. Arguments: the namespace, the interface, others whose frames are dropped. For each line on standard input, a number of milliseconds, one line with the frames
// sent and the milliseconds that it took.
import { createInterface } from 'node:readline';
import { assembleProgram, attachXdp, BpfMap, BpfProgram, LiveFrames } from '@twinpath/ebpf';
import { createVeth, getLink, inNamespace, Netlink } from '@twinpath/linux';

const [namespace = '', ...links] = process.argv.slice(2);

/** What came by a wire is dropped; our frames say that they come from one that nothing uses. */
const text = (out: number, own: number) => `
  r2 = *(u32 *)(r1 +12)
  if r2 != ${own} goto drop
  r2 = *(u32 *)(r1 +0)
  r3 = *(u32 *)(r1 +4)
  r4 = r2
  r4 += 14
  if r4 > r3 goto drop
  *(u32 *)(r2 +0) = 2
  *(u32 *)(r2 +4) = 0x2000100
  *(u32 *)(r2 +8) = 0x1000000
  *(u16 *)(r2 +12) = 0xb588
  r6 = map[sent][0]+0
  r1 = *(u64 *)(r6 +0)
  r1 += 1
  *(u64 *)(r6 +0) = r1
  r1 = ${out}
  r2 = 0
  call bpf_redirect
  exit
drop:
  r0 = 1
  exit`;

inNamespace(namespace, () => {
  const netlink = new Netlink();
  createVeth(netlink, { name: 'idle', queues: 1, peer: { name: 'idle-peer', queues: 1 } });
  const own = getLink(netlink, 'idle').ifindex;
  const indexes = links.map((link) => getLink(netlink, link).ifindex);
  const sent = BpfMap.create({
    name: 'sent',
    type: 'array',
    keySize: 4,
    valueSize: 8,
    maxEntries: 1,
    flags: ['mmapable'],
  });
  const count = new BigUint64Array(sent.mapMemory().buffer, 0, 1);
  const program = BpfProgram.load(assembleProgram('generate', 'xdp', text(indexes[0] ?? 0, own)), { maps: { sent } });
  const attached = [own, ...indexes].map((ifindex) => attachXdp({ program, ifindex, mode: 'native' }));
  const frames = new LiveFrames(program);
  console.log('ready', attached.length);
  createInterface({ input: process.stdin }).on('line', (line) => {
    const [start, before] = [performance.now(), count[0] ?? 0n];
    inNamespace(namespace, () => {
      while (performance.now() - start < Number(line)) frames.run(LiveFrames.most, own);
    });
    console.log(Number((count[0] ?? 0n) - before), performance.now() - start);
  });
});
