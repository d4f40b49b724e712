// The engine on AF_XDP: one worker, a program that swaps the addresses.
import { setTimeout as sleep } from 'node:timers/promises';
import { assembleProgram } from '@twinpath/ebpf';
import { Engine } from '@twinpath/engine';
import { XdpInterface } from '@twinpath/engine/ports/live';
import { EngineWorker } from '@twinpath/engine/workers';
import { NEAR, type Wire } from './wire.ts';

export const modes = ['receive', 'reflect', 'forward'] as const;
export type Mode = (typeof modes)[number];

/** Of one load. */
export interface Forwarded {
  /** Frames a second. */
  readonly rate: number;
  /** Nanoseconds of CPU time for each. */
  readonly cpu: number;
}

const FRAMES = 8192;
const RING = 2048;
export const SETTLE_MS = 50;

const swap = (end: string) => `
  r2 = *(u32 *)(r1 +0)
  r3 = *(u32 *)(r1 +4)
  r4 = r2
  r4 += 14
  if r4 > r3 goto drop
  r5 = *(u32 *)(r2 +0)
  r6 = *(u16 *)(r2 +4)
  r7 = *(u32 *)(r2 +6)
  r8 = *(u16 *)(r2 +10)
  *(u32 *)(r2 +0) = r7
  *(u16 *)(r2 +4) = r8
  *(u32 *)(r2 +6) = r5
  *(u16 *)(r2 +10) = r6
  ${end}
  exit
drop:
  r0 = 1
  exit`;

const ends: Readonly<Record<Mode, (other: number) => string>> = {
  receive: () => 'r0 = 1',
  reflect: () => 'r0 = 3',
  forward: (other) => `r1 = ${other}\nr2 = 0\ncall bpf_redirect`,
};

/** One load after another. */
export async function forwardByEngine(wire: Wire, mode: Mode, loads: readonly number[]): Promise<readonly Forwarded[]> {
  const engine = new Engine({ bytes: 64 << 20, shared: true });
  const worker = await EngineWorker.start(engine, { cpu: 0, pool: { frames: FRAMES } });
  const open = (link: string) =>
    new XdpInterface(engine, { link, namespace: NEAR, queues: [worker.takeSlot()], ringSize: RING });
  using stack = new DisposableStack();
  const [a, b] = [stack.use(open('a')), mode === 'forward' ? stack.use(open('b')) : undefined];
  const program = engine.load(assembleProgram(mode, 'xdp', swap(ends[mode](b?.ifindex ?? 0))));
  await worker.configure({ ports: [...a.ports, ...(b?.ports ?? [])], program: program.id });
  const results: Forwarded[] = [];
  const handled = () => {
    const { sent, dropped } = worker.counters();
    return mode === 'receive' ? dropped : sent;
  };
  for (const ms of loads) {
    const [before, cpu] = [handled(), process.cpuUsage()];
    const load = await wire.load(ms);
    await sleep(SETTLE_MS);
    const { user, system } = process.cpuUsage(cpu);
    const count = handled() - before;
    results.push({ rate: (count / load.ms) * 1000, cpu: ((user + system) * 1000) / count });
  }
  await worker.stop();
  return results;
}
