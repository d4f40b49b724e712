// DPI in this process's network namespace. Operands: port, hook and mode. Each line on standard input is answered with one.
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { libraryFunctions } from '@twinpath/functions';
import { type RunningChain, startChain } from '@twinpath/runtime';
import { flowName } from '@twinpath/testing/captures';
import { lineChain } from '@twinpath/vnf/chain';
import { z } from 'zod';
import { PACKETS } from './arena.ts';
import type { Names, Taken } from './messages.ts';

/** Behind the last packet of a flow the inspector waits for so long; and a second until it looks. */
const PATIENCE_MS = 32_000;
/** Each time costs the slow path some of the time that is measured. */
const STEP_MS = 150;
/** Verdicts are looked for. */
const BETWEEN_MS = 5000;
/** It is so slow only where it does not come to the CPU. */
const SETTLED_MS = 120_000;
/** More than can be replayed: which share the classifiers see is what is measured. */
const LIMIT = '10000000/s';

const [, , port = '', hook = 'tcx', mode = 'sniff'] = process.argv;
const policies = mode === 'inline' ? [{ applications: ['BitTorrent'], action: 'drop' }] : [];
const spec = lineChain(`bench-dpi-${process.pid}`, { interface: port, hook: hook === 'xdp' ? 'xdp' : 'tcx' }, [
  {
    name: 'dpi',
    use: libraryFunctions().get('dpi') ?? '',
    config: { mode, engine: 'ndpi', packets: PACKETS, policies },
    reasons: { sample: { limit: LIMIT } },
  },
]);
let chain: RunningChain | undefined;
/** Names that flows have had, by number. */
const found = new Map<string, number>();
/** While names are looked for: verdicts of connections that have ended end, too. */
let looking: NodeJS.Timeout | undefined;

const Protocol = z.union([z.string(), z.number()]);
const Key = z.object({
  src: z.string(),
  dst: z.string(),
  sport: z.number(),
  dport: z.number(),
  protocol: Protocol,
  vlan: z.number(),
});
const Flow = z.tuple([Key, z.object({ application: z.number() })]);
const Application = z.tuple([z.number(), z.object({ name: z.string(), protocol: z.string() })]);

const answers: Readonly<Record<string, () => Promise<unknown>>> = { begin, settled, taken, note, names };
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const answer = answers[line];
  if (answer === undefined) break;
  console.log(JSON.stringify((await answer()) ?? null));
}
stopLooking();
await chain?.stop();
// Open, it would keep the process.
process.stdin.destroy();

/** Knows nothing of any flow. */
async function begin(): Promise<void> {
  stopLooking();
  await chain?.stop();
  found.clear();
  chain = await startChain(spec);
}

/** When the slow path has read all that is in its ring. */
async function settled(): Promise<void> {
  const deadline = performance.now() + SETTLED_MS;
  const isBehind = async () => {
    const { reasons, slowPath } = await dpi().statistics();
    return slowPath.handedUp < (reasons.sample?.up ?? 0);
  };
  while ((await isBehind()) && performance.now() < deadline) await delay(STEP_MS);
}

async function taken(): Promise<Taken> {
  const { packets, counters, slowPath } = await dpi().statistics();
  return { packets, shown: counters.shown ?? 0, seen: slowPath.handedUp };
}

function stopLooking(): void {
  clearInterval(looking);
  looking = undefined;
}

function dpi() {
  const [only] = chain?.functions ?? [];
  if (only === undefined) throw new Error('it has not begun');
  return only;
}

async function note(): Promise<void> {
  looking ??= setInterval(() => void look(), BETWEEN_MS);
  await look();
}

async function look(): Promise<void> {
  for (const [key, { application }] of z.array(Flow).parse(await dpi().entries('flows')))
    found.set(`${key.vlan} ${flowName(key)}`, application);
}

/** When those that were left have been given up. */
async function names(): Promise<Names> {
  const deadline = performance.now() + PATIENCE_MS;
  while ((await dpi().entries('undecided')).length > 0 && performance.now() < deadline) await delay(BETWEEN_MS);
  stopLooking();
  await look();
  const numbered = z.array(Application).parse(await dpi().entries('applications'));
  const titles = new Map(numbered.map(([number, { name, protocol }]) => [number, title(name, protocol)]));
  return [...found].map(([flow, number]) => [flow.slice(flow.indexOf(' ') + 1), titles.get(number) ?? '']);
}

/** As nDPI's reader writes it. */
function title(name: string, protocol: string): string {
  return protocol === name ? name : `${protocol}.${name}`;
}
