// One program, the packets and tables it meets, and what can be seen of it. Evaluator and kernel give the same shape.

import type { SkbContext } from '@twinpath/ebpf';
import { createEnvironment } from '../evaluate/environment.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import type { MapStore } from '../evaluate/map-store.ts';
import { EvaluatorMaps } from '../evaluate/maps/evaluator-maps.ts';
import type { Program } from '../ir/types.ts';
import { generate } from './generate.ts';
import { makePacket } from './packets.ts';
import { Random } from './random.ts';
import { allTables, EVENTS, fill } from './tables.ts';

export interface Experiment {
  readonly program: Program;
  /** Met one behind the other; tables keep what each leaves there. */
  readonly packets: readonly Uint8Array[];
  readonly tableSeed: number;
  readonly skb: Required<Pick<SkbContext, 'mark' | 'priority' | 'cb'>>;
}

/** Behind one packet. */
export interface Run {
  /** Without sign. */
  readonly verdict: number;
  readonly packet: string;
  /** mark, priority and cb; empty on XDP. */
  readonly context: string;
}

export interface Observation {
  readonly runs: readonly Run[];
  /** Entries of each table as text, sorted; records of the ring buffer in order. */
  readonly tables: Readonly<Record<string, readonly string[]>>;
}

export const LOOPBACK = 1;

export const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');

/** XDP test runs wait for the kernel's grace periods each time: most programs are tc's. */
const XDP_SHARE = 0.12;

export function makeExperiment(seed: number): Experiment {
  const random = new Random(seed);
  const hook = random.chance(XDP_SHARE) ? 'xdp' : 'tcx-ingress';
  const size = random.chance(0.1) ? random.integer(80, 160) : random.integer(3, 70);
  const program = generate(`fuzz_${seed}`, random, { hook, size });
  const packets = Array.from({ length: hook === 'xdp' ? 4 : 8 }, () => makePacket(random, hook));
  const word = () => Number(random.bits() & 0xffff_ffffn);
  const skb = { mark: word(), priority: word(), cb: [word(), word(), word(), word(), word()] };
  return { program, packets, tableSeed: seed, skb };
}

/** @throws EvaluationError if the program is not as the generator ought to make it. */
export function observeEvaluator({ program, packets, tableSeed, skb }: Experiment, cpus: number): Observation {
  const maps = new EvaluatorMaps([...allTables, EVENTS], { cpus });
  fillAll((name) => maps.store(name), cpus, tableSeed);
  const environment = createEnvironment();
  const [cb0 = 0, cb1 = 0, cb2 = 0, cb3 = 0, cb4 = 0] = skb.cb;
  const context =
    program.hook === 'xdp'
      ? { ingress_ifindex: LOOPBACK }
      : { mark: skb.mark, priority: skb.priority, ifindex: LOOPBACK, cb0, cb1, cb2, cb3, cb4 };
  const runs = packets.map((packet): Run => {
    const outcome = evaluate(program, { packet, context, maps, environment });
    const field = (name: string) => outcome.context[name] ?? 0;
    return {
      verdict: Number(BigInt.asUintN(32, outcome.returned)),
      packet: hex(outcome.packet),
      context:
        program.hook === 'xdp'
          ? ''
          : contextText(
              field('mark'),
              field('priority'),
              [0, 1, 2, 3, 4].map((index) => field(`cb${index}`)),
            ),
    };
  });
  const events = maps.ring(EVENTS.name).drain().map(hex);
  return { runs, tables: { ...readAll((name) => maps.store(name)), [EVENTS.name]: events } };
}

export const contextText = (mark: number, priority: number, cb: readonly number[]): string =>
  `mark ${mark} priority ${priority} cb ${cb.join(' ')}`;

/** Tables as every run of the experiment finds them; they are empty before, or arrays. */
export function fillAll(store: (name: string) => MapStore, cpus: number, seed: number): void {
  const random = new Random(BigInt(seed) ^ 0x7ab1e5n);
  for (const spec of allTables) {
    const perCpu = spec.type.startsWith('percpu');
    fill(store(spec.name), spec, perCpu ? Math.ceil(spec.valueSize / 8) * 8 * cpus : spec.valueSize, random);
  }
}

export function readAll(store: (name: string) => MapStore): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    allTables.map(({ name }) => [
      name,
      [...store(name).entries()].map(([key, value]) => `${hex(key)} = ${hex(value)}`).sort(),
    ]),
  );
}

/** The first difference as text; nothing if there is none. */
export function difference(wanted: Observation, got: Observation, where = 'other'): string | undefined {
  for (const [index, run] of wanted.runs.entries()) {
    const other = got.runs[index];
    for (const what of ['verdict', 'packet', 'context'] as const) {
      if (run[what] !== other?.[what])
        return `packet ${index}: ${what}\n  evaluator ${run[what]}\n  ${where} ${other?.[what]}`;
    }
  }
  for (const [name, entries] of Object.entries(wanted.tables)) {
    const others = got.tables[name] ?? [];
    const missing = entries.filter((entry) => !others.includes(entry));
    const extra = others.filter((entry) => !entries.includes(entry));
    if (name === EVENTS.name && entries.join() !== others.join())
      return `records\n  evaluator ${entries}\n  ${where} ${others}`;
    if (missing.length + extra.length > 0) {
      return `table ${name}\n  evaluator ${missing.join('\n            ')}\n  ${where} ${extra.join('\n            ')}`;
    }
  }
  return undefined;
}
