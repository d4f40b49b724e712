// How fast packets are forwarded through lists of rules: by netfilter's, and by ours in XDP in front of the same stack. Time of the
// one thread that carries each packet from XDP to where it leaves, so that what else the machine does counts little.
import { fileURLToPath } from 'node:url';
import { assembleProgram, BpfProgram } from '@twinpath/ebpf';
import { inNamespace } from '@twinpath/linux';
import { startChain } from '@twinpath/runtime';
import { lineChain } from '@twinpath/vnf/chain';
import { type Contender, metric, ratio } from '../result.ts';
import { LIVE_FRAME, Trace } from '../trace.ts';
import type { MixedRule, RuleList } from './lists.ts';
import { type Command, type Filter, run } from './netfilter.ts';
import { type Part, programOf } from './part.ts';
import { Road } from './road.ts';

/** Branch predictors learn shorter traces. */
export const PACKETS = 16_384;
/** What one measurement may take. */
const TURN_NS = 250_000_000;
const PASS = 2;
const DROP = 1;

/** One way to filter, ready. */
interface Way {
  readonly name: string;
  readonly road: Road;
  readonly program: BpfProgram;
  readonly loadMs: number;
  readonly updateMs: number | undefined;
  /** Nanoseconds a packet, by round. */
  readonly ns: number[];
  readonly isRight: boolean;
}

export interface RatesOptions {
  /** What contenders are called behind their names. */
  readonly title: string;
  /** Of PACKETS packets to MAC. */
  readonly list: RuleList;
  readonly filters: readonly Filter[];
  readonly rounds: number;
}

/** Nanoseconds a packet of ours, by round, too. */
export interface Rates extends Part {
  readonly ours: readonly number[];
  readonly overIptables: number | undefined;
}

export async function rates({ title, list, filters, rounds }: RatesOptions): Promise<Rates> {
  await using things = new AsyncDisposableStack();
  const trace = things.use(new Trace(list.frames, LIVE_FRAME));
  const always = (verdict: number) =>
    things.use(BpfProgram.load(assembleProgram(`tp_always_${verdict}`, 'xdp', `r0 = ${verdict}\nexit`)));
  const setting = { trace, things, pass: always(PASS), dropAll: always(DROP) };
  const skipped: Contender[] = [];
  const ways: Way[] = [await ours(list, setting)];
  for (const filter of filters) {
    const way = netfilter(filter, list, setting);
    if (typeof way === 'string') skipped.push({ name: `${filter.name} ${title}`, metrics: {}, skipped: way });
    else ways.push(way);
  }
  for (let round = 0; round < rounds; round++) {
    for (const way of ways) way.ns.push(turn(way, trace));
  }
  const [first] = ways;
  const byName = (name: string) => ways.find((way) => way.name === name && way.isRight);
  const ratios = ways.slice(1).flatMap((way) => {
    if (first === undefined || !way.isRight) return [];
    const of = { name: `ours ${title}`, values: first.ns.map((ns) => 1 / ns) };
    return [
      ratio(`ours / ${way.name}, ${title}`, 'rate', of, {
        name: `${way.name} ${title}`,
        values: way.ns.map((ns) => 1 / ns),
      }),
    ];
  });
  return {
    contenders: [...ways.map((way) => summary(way, title)), ...skipped],
    ratios,
    correct: ways.every(({ isRight }) => isRight),
    ours: first?.ns ?? [],
    overIptables: byName('iptables') && ratios.find(({ over }) => over === `iptables ${title}`)?.median,
  };
}

async function ours(list: RuleList, { trace, dropAll, things }: Setting): Promise<Way> {
  const road = things.use(new Road(`tp-bench-ours-${process.pid}`, dropAll));
  things.use(inNamespace(road.namespace, () => trace.attach(road.idle)));
  const use = fileURLToPath(new URL('../functions/mixed.vnf.ts', import.meta.url));
  const began = performance.now();
  const functions = [{ name: 'mixed', use, config: { rules: list.rules } }];
  const chain = things.use(
    await startChain(lineChain('bench-mixed', { interface: 'in', namespace: road.namespace, hook: 'xdp' }, functions)),
  );
  const loadMs = performance.now() - began;
  const program = things.use(await programOf(chain));
  const verdicts = trace.verdicts(program);
  const isRight = list.dropped.every((isDropped, index) => verdicts[index] === (isDropped ? DROP : PASS));
  const began2 = performance.now();
  await chain.configure('mixed', { rules: withAnother(list.rules) });
  const updateMs = performance.now() - began2;
  await chain.configure('mixed', { rules: list.rules });
  const way = { name: 'ours', road, program: things.use(await programOf(chain)), loadMs, updateMs, ns: [], isRight };
  return { ...way, isRight: isRight && countsAre(way, list, trace) };
}

/** One in the middle asks for something else. */
function withAnother(rules: readonly MixedRule[]): readonly MixedRule[] {
  return rules.with(rules.length >> 1, { src: '198.51.100.0/24', protocol: 'udp', dport: '4000-4007', action: 'drop' });
}

interface Setting {
  readonly trace: Trace;
  readonly pass: BpfProgram;
  readonly dropAll: BpfProgram;
  readonly things: AsyncDisposableStack;
}

function netfilter(filter: Filter, list: RuleList, { trace, pass, dropAll, things }: Setting): Way | string {
  const road = things.use(new Road(`tp-bench-${filter.name.replaceAll(' ', '-')}-${process.pid}`, dropAll));
  const { unload } = filter;
  things.use(inNamespace(road.namespace, () => trace.attach(unload ? road.idle : road.ifindex)));
  const loadMs = run(road.namespace, filter.load(list.rules));
  if (unload) things.defer(() => void run(road.namespace, unload));
  if (typeof loadMs === 'string') return loadMs;
  const program = unload ? things.use(BpfProgram.fromId(road.attached())) : pass;
  const way = { name: filter.name, road, program, loadMs, ns: [] };
  const isRight = countsAre(way, list, trace);
  const updateMs = time(road, filter.update(list.rules));
  return { ...way, updateMs, isRight };
}

function time(road: Road, command: Command): number | undefined {
  const milliseconds = run(road.namespace, command);
  return typeof milliseconds === 'number' ? milliseconds : undefined;
}

type Carrier = Pick<Way, 'road' | 'program'>;

const carry = ({ road, program }: Carrier, trace: Trace, packets: number) =>
  inNamespace(road.namespace, () => trace.runLive(program, packets, road.ifindex));

/** As many packets leave as the rules let pass, but for some in a thousand that are lost before they meet a rule, always the
 *  same; where all would take long, of the first ones. */
function countsAre(way: Carrier, { dropped }: RuleList, trace: Trace): boolean {
  const count = carry(way, trace, 512) > 50_000 ? 1024 : PACKETS;
  const before = way.road.left();
  carry(way, trace, count);
  const expected = dropped.slice(0, count).filter((isDropped) => !isDropped).length;
  const left = way.road.left() - before;
  return left <= expected && left >= 0.99 * expected;
}

function turn(way: Way, trace: Trace): number {
  const expected = way.ns.at(-1) ?? carry(way, trace, 512);
  return carry(way, trace, Math.min(8 * PACKETS, Math.max(512, Math.ceil(TURN_NS / expected))));
}

function summary({ name, loadMs, updateMs, ns, isRight }: Way, title: string): Contender {
  if (!isRight) return { name: `${name} ${title}`, metrics: {}, skipped: 'it gave wrong verdicts' };
  return {
    name: `${name} ${title}`,
    metrics: {
      load: metric([loadMs], 'ms'),
      ...(updateMs !== undefined && { update: metric([updateMs], 'ms') }),
      rate: metric(
        ns.map((one) => 1000 / one),
        'Mpps',
      ),
    },
  };
}
