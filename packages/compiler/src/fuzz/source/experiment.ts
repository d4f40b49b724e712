// A generated function, run by JavaScript, by the evaluator, and on benches with and without the optimiser.

import { join } from 'node:path';
import { codec, type Decoded } from '@twinpath/vnf/layout';
import type { FunctionPlan, TablePlan } from '@twinpath/vnf/plan';
import { compileProgram } from '../../backend/index.ts';
import { type LoweredFunction, lowerPrograms } from '../../compile.ts';
import { evaluate } from '../../evaluate/evaluate.ts';
import type { MapStore } from '../../evaluate/map-store.ts';
import { EvaluatorMaps } from '../../evaluate/maps/evaluator-maps.ts';
import { inFiles } from '../../frontend/fixtures/compile-source.ts';
import { importVnf } from '../../frontend/modules/import-vnf.ts';
import type { Hook } from '../../ir/types.ts';
import { validate } from '../../ir/validate.ts';
import type { Bench } from '../bench.ts';
import { Random } from '../random.ts';
import { makeBody, moduleText, twinText } from './module.ts';
import { makeSourcePacket, type SourcePacket } from './packets.ts';
import type { Statement } from './text.ts';
import { rowText, Twin, type Verdict } from './twin.ts';

export interface SourceExperiment {
  readonly seed: number;
  readonly hook: Hook;
  readonly body: readonly Statement[];
  readonly packets: readonly SourcePacket[];
}

/** What can be seen of a run: the verdicts, then the tables. */
export type Seen = readonly string[];

export function makeSourceExperiment(seed: number): SourceExperiment {
  const random = new Random(seed);
  const hook = random.chance(0.12) ? 'xdp' : 'tcx-egress';
  const body = makeBody(random);
  return { seed, hook, body, packets: Array.from({ length: hook === 'xdp' ? 4 : 8 }, () => makeSourcePacket(random)) };
}

export function seeTwin({ body, packets, hook }: SourceExperiment): Seen {
  const twin = new Twin(twinText(body));
  const verdicts = packets.map(({ twin: packet }) => String(codes[hook === 'xdp' ? 'xdp' : 'tcx'][twin.run(packet)]));
  const { flows, sums, cells, out } = twin;
  return [
    ...verdicts,
    ...Object.entries({ flows, sums, cells, out }).map(([name, table]) => `${name}:\n${table.rows().join('\n')}`),
  ];
}

/** What the hooks call our verdicts. */
const codes: Readonly<Record<'xdp' | 'tcx', Readonly<Record<Verdict, number>>>> = {
  xdp: { drop: 1, next: 2, stack: 2 },
  tcx: { drop: 2, next: -1, stack: 0 },
};

/** Names of files are never used twice: Node keeps what it has loaded. */
let files = 0;

/** @throws CompileError */
export async function lower({ body, hook }: SourceExperiment): Promise<LoweredFunction> {
  const name = `generated${files++}.vnf.ts`;
  return inFiles({ [name]: moduleText(body) }, async (directory) => {
    const imported = await importVnf(join(directory, name));
    const target = { clock: 'simulated', cpus: 1, ports: [], classifiers: new Map(), seed: 1, key: 0x7a51 } as const;
    return lowerPrograms(imported, { target, programs: [{ hook }], eventBytes: 4096 });
  });
}

export function seeEvaluator({ programs, maps: specs, plan }: LoweredFunction, packets: readonly SourcePacket[]): Seen {
  const maps = new EvaluatorMaps(specs);
  const program = only(programs).ir;
  validate(program);
  const verdicts = packets.map(({ bytes }) =>
    String(BigInt.asIntN(32, evaluate(program, { packet: bytes, maps }).returned)),
  );
  return [...verdicts, ...tablesOf(plan, (name) => maps.store(name))];
}

/** @throws CodeGenerationError, VerifierError */
export function seeBench(
  bench: Bench,
  { programs, maps: specs, plan }: LoweredFunction,
  packets: readonly SourcePacket[],
  optimise: boolean,
): Seen {
  const { spec } = compileProgram(only(programs).ir, { optimise });
  using program = bench.open(spec, specs);
  const verdicts = packets.map(({ bytes }) => String(program.verdict(bytes)));
  return [...verdicts, ...tablesOf(plan, (name) => program.store(name))];
}

/** Each table's rows as the twin writes them. Per-CPU values are those of CPU 0, on which everything runs. */
function tablesOf({ tables }: FunctionPlan, store: (name: string) => MapStore): readonly string[] {
  const order = ['flows', 'sums', 'cells', 'out'];
  const sorted = [...tables].sort((a, b) => order.indexOf(a.path) - order.indexOf(b.path));
  return sorted.map((table) => `${table.path}:\n${rowsOf(table, store).join('\n')}`);
}

function rowsOf({ kind, maps, value }: TablePlan, store: (name: string) => MapStore): readonly string[] {
  const { name, key } = only(maps);
  const [keys, values] = [codec(key), codec(value)];
  const rows = [...store(name).entries()].map(([keyBytes, valueBytes]) => {
    const index = new DataView(keyBytes.buffer, keyBytes.byteOffset).getUint32(0, true);
    return `${kind === 'array' ? index : record(keys.decode(keyBytes))} = ${record(values.decode(valueBytes))}`;
  });
  return kind === 'array' ? rows : rows.sort();
}

const record = (decoded: Decoded): string => (typeof decoded === 'object' ? rowText({ ...decoded }) : String(decoded));

function only<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined || items.length > 1) throw new Error(`one is wanted, there are ${items.length}`);
  return item;
}
