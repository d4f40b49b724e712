// What a lookup among many ordered rules of both families costs: a program with it, less one that only parses, in processor time.
import { fileURLToPath } from 'node:url';
import type { RuleMix } from '@twinpath/classifier';
import type { BpfProgram } from '@twinpath/ebpf';
import { createNamespace, createVeth, deleteNamespace, Netlink, setLink } from '@twinpath/linux';
import { startChain } from '@twinpath/runtime';
import { lineChain } from '@twinpath/vnf/chain';
import { type Contender, metric } from '../result.ts';
import { Trace } from '../trace.ts';
import { familiesList } from './lists.ts';
import { type Part, programOf } from './part.ts';

const MIXES: readonly RuleMix[] = ['acl', 'fw', 'ipc'];
/** By the number of rules what a lookup may take, in nanoseconds. */
const BARS: readonly (readonly [count: number, bar: number])[] = [
  [10_000, 85],
  [100_000, 150],
];
/** Branch predictors learn shorter traces. */
const PACKETS = 16_384;
const RUNS = 24 * PACKETS;
const DROP = 1;
const PASS = 2;

interface Lookup {
  readonly name: string;
  /** Median. */
  readonly ns: number;
  readonly bar: number;
}

export async function familiesLookups(
  rounds: number,
  progress: (text: string) => void,
): Promise<Part & { readonly lookups: readonly Lookup[] }> {
  const contenders: Contender[] = [];
  const lookups: Lookup[] = [];
  for (const [count, bar] of BARS) {
    for (const mix of MIXES) {
      const name = `${mix} ${count}`;
      progress(`${count} rules of both families, ${mix} …`);
      const ns = await measure(mix, count, rounds);
      if (ns === undefined) {
        contenders.push({ name, metrics: {}, skipped: 'it gave wrong verdicts' });
        continue;
      }
      const lookup = metric(ns, 'ns');
      contenders.push({ name, metrics: { lookup } });
      lookups.push({ name, ns: lookup.median, bar });
    }
  }
  return { contenders, ratios: [], lookups, correct: lookups.length === contenders.length };
}

/** Nanoseconds a lookup, by round; `undefined`: a verdict was wrong. */
async function measure(mix: RuleMix, count: number, rounds: number): Promise<readonly number[] | undefined> {
  const { rules, frames, dropped } = familiesList(mix, count, PACKETS);
  const namespace = `tp-bench-families-${process.pid}`;
  createNamespace(namespace);
  using trace = new Trace(frames);
  try {
    await using things = new AsyncDisposableStack();
    const start = async (name: string, config: object): Promise<BpfProgram> => {
      using netlink = new Netlink(namespace);
      createVeth(netlink, { name, queues: 1, peer: { name: `${name}-peer`, queues: 1 } });
      setLink(netlink, name, { up: true });
      const use = fileURLToPath(new URL(`../functions/${name}.vnf.ts`, import.meta.url));
      const functions = [{ name: 'subject', use, config }];
      const spec = lineChain(`bench-families-${name}`, { interface: name, namespace, hook: 'xdp' }, functions);
      return things.use(await programOf(things.use(await startChain(spec))));
    };
    const parse = await start('parse', { subnets: [] });
    const subject = await start('mixed', { rules });
    const verdicts = trace.verdicts(subject);
    if (dropped.some((isDropped, index) => verdicts[index] !== (isDropped ? DROP : PASS))) return undefined;
    return Array.from({ length: rounds }, () => {
      const floor = trace.runOnProcessor(parse, RUNS);
      return trace.runOnProcessor(subject, RUNS) - floor;
    });
  } finally {
    deleteNamespace(namespace);
  }
}
