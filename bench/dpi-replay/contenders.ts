import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { flowsIn, missingReader, readerOperands } from '@twinpath/testing/captures';
import type { LabProcess } from '@twinpath/testing/lab';
import { cpuSeconds } from '../cpu-seconds.ts';
import { findClang } from '../fast-path/compile-c.ts';
import { LineProcess } from '../wire/line-process.ts';
import { type Arena, PACKETS, PORT } from './arena.ts';
import { startFilter } from './filter.ts';
import type { Names, Taken } from './messages.ts';

/** Who stands at the near end of the wire. */
export interface Standing extends AsyncDisposable {
  /** `undefined`: it is in the kernel alone. */
  readonly process: LabProcess | undefined;
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>;
  /** Nothing is replayed behind this. */
  taken(): Promise<Taken>;
  names(): Promise<Names>;
}

export interface Contender {
  readonly name: string;
  readonly isOurs: boolean;
  /** It gives flows names. */
  readonly isClassifier: boolean;
  /** Why it cannot run here. */
  missing(): string | undefined;
  open(arena: Arena): Promise<Standing>;
}

/** What sniffing costs at the least. */
export const FILTER = 'C filter alone, tcx';
export const READER = 'ndpiReader';

export const contenders: readonly Contender[] = [
  { name: READER, isOurs: false, isClassifier: true, missing: missingReader, open: ndpiReader },
  {
    name: FILTER,
    isOurs: false,
    isClassifier: false,
    missing: () => (findClang() === undefined ? 'clang is not installed' : undefined),
    open: filter,
  },
  own('ours, sniffing by tcx', 'tcx', 'sniff'),
  own('ours, sniffing by XDP', 'xdp', 'sniff'),
  own('ours, in line by XDP', 'xdp', 'inline'),
];

function own(name: string, hook: 'xdp' | 'tcx', mode: 'sniff' | 'inline'): Contender {
  const open = (arena: Arena) => ours(arena, hook, mode);
  return { name, isOurs: true, isClassifier: true, missing: () => undefined, open };
}

async function filter(arena: Arena): Promise<Standing> {
  const standing = startFilter(arena);
  return {
    process: undefined,
    settled: () => Promise.resolve(),
    taken: () => Promise.resolve({ packets: standing.packets(), shown: 0, seen: 0 }),
    names: () => Promise.resolve([]),
    [Symbol.asyncDispose]: async () => standing[Symbol.dispose](),
  };
}

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

/** Who has not run for so long has nothing to do. */
const IDLE_MS = 400;

async function ndpiReader(arena: Arena): Promise<Standing> {
  const result = join(arena.folder, 'live');
  rmSync(result, { force: true });
  const started = arena.reader('ndpiReader', readerOperands(PORT, result, PACKETS));
  // It listens as soon as there is a packet socket below the line of titles.
  const listens = async () => (await arena.near.exec('cat', ['/proc/net/packet'])).stdout.trim().includes('\n');
  while (!(await listens())) await delay(20);
  const settled = async () => {
    const cpu = () => cpuSeconds(started.pid ?? 0);
    for (let before = -1; before !== cpu(); await delay(IDLE_MS)) before = cpu();
  };
  // From there on it makes its buffer.
  await settled();
  const end = async () => {
    started.child.kill('SIGINT');
    await started.exited;
  };
  return {
    process: started,
    settled,
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
