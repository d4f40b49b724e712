import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { flowsIn, readerOperands } from '@twinpath/testing/captures';
import type { LabProcess } from '@twinpath/testing/lab';
import { LineProcess } from '../engine/wire.ts';
import { type Arena, PACKETS, PORT } from './arena.ts';
import type { Names, Taken } from './messages.ts';

/** Who stands at the near end of the wire. */
export interface Standing extends AsyncDisposable {
  readonly process: LabProcess;
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>;
  /** Nothing is replayed behind this. */
  taken(): Promise<Taken>;
  names(): Promise<Names>;
}

export interface Contender {
  readonly name: string;
  readonly isOurs: boolean;
  open(arena: Arena): Promise<Standing>;
}

export const contenders: readonly Contender[] = [
  { name: 'ndpiReader', isOurs: false, open: ndpiReader },
  { name: 'ours, sniffing by tcx', isOurs: true, open: (arena) => ours(arena, 'tcx', 'sniff') },
  { name: 'ours, sniffing by XDP', isOurs: true, open: (arena) => ours(arena, 'xdp', 'sniff') },
  { name: 'ours, in line by XDP', isOurs: true, open: (arena) => ours(arena, 'xdp', 'inline') },
];

async function ours(arena: Arena, hook: 'xdp' | 'tcx', mode: 'sniff' | 'inline'): Promise<Standing> {
  const file = new URL('subject.ts', import.meta.url).pathname;
  const started = arena.reader(process.execPath, [file, hook, mode]);
  const lines = new LineProcess(started.child);
  await started.saying(/^ready$/m, 30_000);
  await lines.line();
  const ask = async (what: string) => {
    lines.tell(what);
    return JSON.parse(await lines.line());
  };
  return {
    process: started,
    settled: () => ask('settled'),
    taken: () => ask('taken'),
    names: () => ask('names'),
    async [Symbol.asyncDispose]() {
      lines.tell('stop');
      await started.exited;
    },
  };
}

/** Until its buffer is empty. */
const DRAIN_MS = 300;

async function ndpiReader(arena: Arena): Promise<Standing> {
  const result = join(arena.folder, 'live');
  rmSync(result, { force: true });
  const started = arena.reader('ndpiReader', readerOperands(PORT, result, PACKETS));
  // It listens as soon as there is a packet socket below the line of titles.
  const listens = async () => (await arena.near.exec('cat', ['/proc/net/packet'])).stdout.trim().includes('\n');
  while (!(await listens())) await delay(20);
  const end = async () => {
    started.child.kill('SIGINT');
    await started.exited;
  };
  return {
    process: started,
    settled: () => delay(DRAIN_MS),
    async taken() {
      await end();
      const [, packets = 'none'] = /IP packets:\s+(\d+)/.exec(started.stdout) ?? [];
      return { packets: Number(packets), shown: Number(packets), seen: Number(packets) };
    },
    async names() {
      await end();
      return [...flowsIn(readFileSync(result, 'latin1'))];
    },
    [Symbol.asyncDispose]: end,
  };
}
