// The engine on AF_XDP: one worker, a program that swaps the addresses.
import { assembleProgram } from '@twinpath/ebpf';
import { Engine } from '@twinpath/engine';
import { XdpInterface } from '@twinpath/engine/ports/live';
import { EngineWorker, type PollOptions } from '@twinpath/engine/workers';
import { threadSeconds } from '../cpu-seconds.ts';
import type { Near, Standing } from '../wire/wires.ts';

export const modes = ['receive', 'reflect', 'forward'] as const;
export type Mode = (typeof modes)[number];

const FRAMES = 8192;
const RING = 2048;

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

/** It stands until the stack is disposed. What it counts as its CPU time is that of all engines' workers. */
export async function startEngine(
  { host }: Near,
  mode: Mode,
  stack: AsyncDisposableStack,
  poll: PollOptions = {},
): Promise<Standing> {
  const engine = new Engine({ bytes: 32 << 20, shared: true });
  const worker = await EngineWorker.start(engine, { cpu: 0, pool: { frames: FRAMES }, poll });
  const open = (link: string) => {
    const queues = [worker.takeSlot()];
    return stack.use(new XdpInterface(engine, { link, namespace: host.namespace, queues, ringSize: RING }));
  };
  const [a, b] = [open('a'), mode === 'forward' ? open('b') : undefined];
  // Before the interfaces go.
  stack.defer(() => worker.stop());
  const program = engine.load(assembleProgram(mode, 'xdp', swap(ends[mode](b?.ifindex ?? 0))));
  await worker.configure({ ports: [...a.ports, ...(b?.ports ?? [])], program: program.id });
  return {
    async counted() {
      const { sent, dropped } = worker.counters();
      return { frames: mode === 'receive' ? dropped : sent, cpu: threadSeconds('twinpath engine') * 1e9 };
    },
  };
}
