// Workers on disjoint flows: each looks its own up in a hash that they share, counts, and sends back. No kernel is involved: the
// frames come from capture files that are played again and again.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { assembleProgram } from '@twinpath/ebpf';
import { Engine } from '@twinpath/engine';
import { createPort } from '@twinpath/engine/ports';
import { EngineWorker } from '@twinpath/engine/workers';
import { writePcap } from '@twinpath/packet/pcap';

const FLOWS = 20_000;
/** Where addresses and ports lie in a UDP packet without options. */
const KEY = { at: 26, bytes: 12 };

const COUNT = `
  r6 = *(u32 *)(r1 +0)
  r3 = *(u32 *)(r1 +4)
  r4 = r6
  r4 += 42
  if r4 > r3 goto drop
  r2 = *(u32 *)(r6 +26)
  *(u32 *)(r10 -16) = r2
  r2 = *(u32 *)(r6 +30)
  *(u32 *)(r10 -12) = r2
  r2 = *(u32 *)(r6 +34)
  *(u32 *)(r10 -8) = r2
  r1 = map[flows]
  r2 = r10
  r2 += -16
  call bpf_map_lookup_elem
  if r0 == 0 goto drop
  r1 = *(u64 *)(r0 +0)
  r1 += 1
  *(u64 *)(r0 +0) = r1
  r0 = 3
  exit
drop:
  r0 = 1
  exit`;

export interface Scaled {
  /** Frames a second, of all workers. */
  readonly rate: number;
  /** Frames for each second of CPU time: what the rate would be if every worker had a core for itself. */
  readonly perCpu: number;
}

/** `workers` at once, one measurement for each number of milliseconds. */
export async function scale(workers: number, periods: readonly number[]): Promise<readonly Scaled[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tp-bench-'));
  const engine = new Engine({ bytes: 64 << 20, shared: true, cpus: workers });
  const flows = engine.createMap({ name: 'flows', type: 'hash', keySize: 12, valueSize: 8, maxEntries: 65_536 });
  const program = engine.load(assembleProgram('count', 'xdp', COUNT), { maps: { flows } });
  const started = await Promise.all(
    Array.from({ length: workers }, (_, cpu) => EngineWorker.start(engine, { cpu, pool: { frames: 1024 } })),
  );
  try {
    for (const [index, worker] of started.entries()) {
      const input = join(folder, `${index}.pcap`);
      const packets = Array.from({ length: FLOWS }, (_, flow) => packet(index, flow));
      for (const bytes of packets) flows.update(bytes.subarray(KEY.at, KEY.at + KEY.bytes), new Uint8Array(8));
      writeFileSync(input, writePcap(packets.map((bytes) => ({ bytes }))));
      const capture = { input, repeat: Number.POSITIVE_INFINITY };
      const device = { kind: 'capture', capture } as const;
      const port = createPort(engine, { number: 1, name: input, ringSize: 256, ...worker.takeSlot(), device });
      await worker.configure({ ports: [port], program: program.id });
    }
    return await measure(started, periods);
  } finally {
    for (const worker of started) await worker.stop();
    rmSync(folder, { recursive: true });
  }
}

async function measure(workers: readonly EngineWorker[], periods: readonly number[]): Promise<readonly Scaled[]> {
  const sent = () => workers.reduce((sum, worker) => sum + worker.counters().sent, 0);
  const results: Scaled[] = [];
  for (const ms of periods) {
    const [start, before, cpu] = [performance.now(), sent(), process.cpuUsage()];
    await sleep(ms);
    const [count, took] = [sent() - before, performance.now() - start];
    const { user, system } = process.cpuUsage(cpu);
    results.push({ rate: (count / took) * 1000, perCpu: (count / (user + system)) * 1e6 });
  }
  return results;
}

function packet(worker: number, flow: number): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45]);
  bytes.writeUInt32BE(0x0a00_0000 + worker, KEY.at);
  bytes.writeUInt32BE(0x0b00_0000 + flow, KEY.at + 4);
  bytes.writeUInt32BE(0x1388_0035, KEY.at + 8);
  return bytes;
}
