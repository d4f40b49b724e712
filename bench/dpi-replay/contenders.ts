import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { flowsIn, missingReader, readerOperands } from '@twinpath/testing/captures';
import type { LabProcess } from '@twinpath/testing/lab';
import { cpuSeconds } from '../cpu-seconds.ts';
import { findClang } from '../fast-path/compile-c.ts';
import { LineProcess } from '../wire/line-process.ts';
import { PACKETS, type Wire } from './arena.ts';
import { type Filter, startFilter } from './filter.ts';
import type { Names, Taken } from './messages.ts';

/** Who stands at the near end of a wire. */
export interface Standing extends AsyncDisposable {
  readonly wire: Wire;
  /** `undefined`: it is in the kernel alone. */
  readonly process: LabProcess | undefined;
  /** From here on it looks at packets, and knows no flow. */
  begin(): Promise<void>;
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>;
  /** Nothing is replayed behind this, up to the next beginning. */
  taken(): Promise<Taken>;
  /** Remembers names that flows have now, and later may have no more. */
  note(): Promise<void>;
  names(): Promise<Names>;
}

export interface Contender {
  readonly name: string;
  readonly isOurs: boolean;
  /** It gives flows names. */
  readonly isClassifier: boolean;
  /** Why it cannot run here. */
  missing(): string | undefined;
  open(wire: Wire): Promise<Standing>;
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
  const open = (wire: Wire) => ours(wire, hook, mode);
  return { name, isOurs: true, isClassifier: true, missing: () => undefined, open };
}

const nothing = () => Promise.resolve();

async function filter(wire: Wire): Promise<Standing> {
  let standing: Filter | undefined;
  const end = async () => standing?.[Symbol.dispose]();
  return {
    wire,
    process: undefined,
    async begin() {
      await end();
      standing = startFilter(wire);
    },
    settled: nothing,
    taken: () => Promise.resolve({ packets: standing?.packets() ?? 0, shown: 0, seen: 0 }),
    note: nothing,
    names: () => Promise.resolve([]),
    [Symbol.asyncDispose]: end,
  };
}

async function ours(wire: Wire, hook: 'xdp' | 'tcx', mode: 'sniff' | 'inline'): Promise<Standing> {
  const file = new URL('subject.ts', import.meta.url).pathname;
  const started = wire.reader(process.execPath, [file, wire.port, hook, mode]);
  const lines = new LineProcess(started.child);
  await started.saying(/^ready$/m, 60_000);
  await lines.line();
  const ask = async (what: string) => {
    lines.tell(what);
    try {
      return JSON.parse(await lines.line());
    } catch (cause) {
      throw new Error(`${started.title}, asked to ${what}, said: ${started.stderr}`, { cause });
    }
  };
  return {
    wire,
    process: started,
    begin: () => ask('begin'),
    settled: () => ask('settled'),
    taken: () => ask('taken'),
    note: () => ask('note'),
    names: () => ask('names'),
    async [Symbol.asyncDispose]() {
      lines.tell('stop');
      await started.exited;
    },
  };
}

/** Who has not run for so long has nothing to do. */
const IDLE_MS = 300;

async function ndpiReader(wire: Wire): Promise<Standing> {
  const { near, folder } = wire.arena;
  const result = join(folder, wire.port);
  const ifindex = String(near.ifindex(wire.port));
  let started: LabProcess | undefined;
  const listens = async () => {
    const sockets = (await near.exec('cat', ['/proc/net/packet'])).stdout.split('\n');
    return sockets.some((line) => line.trim().split(/ +/)[4] === ifindex);
  };
  const settled = async () => {
    const cpu = () => cpuSeconds(started?.pid ?? 0);
    for (let before = -1; before !== cpu(); await delay(IDLE_MS)) before = cpu();
  };
  const end = async () => {
    started?.child.kill('SIGINT');
    await started?.exited;
  };
  return {
    wire,
    get process() {
      return started;
    },
    async begin() {
      await end();
      rmSync(result, { force: true });
      started = wire.reader('ndpiReader', readerOperands(wire.port, result, PACKETS));
      while (!(await listens())) await delay(20);
      // From there on it makes its buffer.
      await settled();
    },
    settled,
    async taken() {
      await end();
      const [, packets = 'none'] = /IP packets:\s+(\d+)/.exec(started?.stdout ?? '') ?? [];
      return { packets: Number(packets), shown: Number(packets), seen: Number(packets) };
    },
    note: nothing,
    names: () => Promise.resolve([...flowsIn(readFileSync(result, 'latin1'))]),
    [Symbol.asyncDispose]: end,
  };
}
