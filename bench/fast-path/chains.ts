// Functions one behind the other over one set of maps: as programs that call each other, and as one program.
import { compileProgram, fuseChain, type Part } from '@twinpath/compiler';
import { COUNTERS, FLOW_CACHE, flowCacheMap, fusedMapName, PATH, WAY_COUNTS, waysMap } from '@twinpath/compiler/abi';
import { BpfMap, BpfProgram, type ProgramSpec, setTailCall } from '@twinpath/ebpf';
import { possibleCpus } from '@twinpath/linux';
import { WayCounts } from '@twinpath/runtime';
import type { Contender, Contest } from './contenders.ts';
import { Instance, type Making } from './instance.ts';

export interface OpenChain extends Contest {
  readonly fused: Contender;
}

/** `ours`: by tail calls. */
export function openChain(name: string, makings: readonly Making[]): OpenChain {
  using owned = new DisposableStack();
  const isLast = (index: number) => index === makings.length - 1;
  const next = (index: number) => ({ kind: 'tail-call', map: PATH, index: index + 1 }) as const;
  const instances = makings.map((making, index) =>
    owned.use(new Instance({ ...making, notesWrites: true, ...(!isLast(index) && { next: next(index) }) })),
  );
  const array = owned.use(
    BpfMap.create({ name: 'path', type: 'prog-array', keySize: 4, valueSize: 4, maxEntries: makings.length }),
  );
  const load = (spec: ProgramSpec, maps: Readonly<Record<string, BpfMap>>): BpfProgram =>
    owned.use(BpfProgram.load({ ...spec, name: 'tp_chain' }, { maps: { ...maps, [PATH]: array }, statistics: true }));
  const standing = instances.map(({ spec, maps }) => load(spec, maps));
  for (const [index, program] of standing.entries()) setTailCall(array, index, program);
  const parts = new Map<number, Part>(
    instances.map(({ ir, remembers = {} }, index) => [index, { position: index, owner: String(index), ir, remembers }]),
  );
  const { program: ir, ways, lines } = fuseChain({ name: 'fused', hook: 'xdp', first: 0, parts });
  const made = compileProgram(ir);
  const all = instances.flatMap(({ maps }, index) =>
    Object.entries(maps).map(([map, one]) => [fusedMapName(String(index), map), one] as const),
  );
  const counted = owned.use(BpfMap.create(waysMap(ways)));
  const memory =
    lines === 0 ? {} : { [FLOW_CACHE]: owned.use(BpfMap.create(flowCacheMap(lines, possibleCpus().length))) };
  const whole = load(made.spec, { ...Object.fromEntries(all), ...memory, [WAY_COUNTS]: counted });
  const counts = new WayCounts(ways, counted, new Map(all.filter(([name]) => name.endsWith(COUNTERS))));
  const contender = (
    title: string,
    program: BpfProgram,
    programs: readonly BpfProgram[],
    codes: readonly ProgramSpec[],
  ) => ({
    name: `${name}, ${title}`,
    keys: 'ours' as const,
    program,
    instructions: codes.reduce((sum, { code }) => sum + code.length / 8, 0),
    steps: programs.reduce((sum, { statistics }) => sum + (statistics?.processed ?? 0), 0),
  });
  const [first = whole] = standing;
  const specs = instances.map(({ spec }) => spec);
  const fused = contender('fused', whole, [whole], [made.spec]);
  const held = owned.move();
  return {
    ours: contender('tail calls', first, standing, specs),
    fused,
    twins: [fused],
    reset() {
      counts.collect();
      for (const instance of instances) instance.reset();
    },
    contents() {
      counts.collect();
      return instances.map((instance) => instance.contents()).join('\n');
    },
    [Symbol.dispose]: () => held.dispose(),
  };
}
