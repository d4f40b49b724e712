// A chain as the runtime makes it: programs of all places, which call each other through program arrays, in the kernel or in the
// engine; or one program in their place.
import { compileFunction, compileProgram, fuseChain, type Part, placeChoice } from '@twinpath/compiler';
import { chainMap, flowCacheMap, fusedMapName, PATH, waysMap } from '@twinpath/compiler/abi';
import {
  BpfMap,
  BpfProgram,
  type MapSpec,
  type ProgramSpec,
  setTailCall,
  skbChecksumState,
  skbContext,
  xdpContext,
} from '@twinpath/ebpf';
import { Engine, type EngineMap, type EngineProgram } from '@twinpath/engine';
import { possibleCpus } from '@twinpath/linux';
import { parseConfig } from '@twinpath/runtime';
import { type PlacedChain, type Placement, placeChain } from '@twinpath/vnf/chain';
import {
  type ChainEnd,
  type ChainExecutor,
  type ChainFunction,
  type ChainUnderTest,
  planUnderTest,
  type RunningTestChain,
} from './chain-under-test.ts';

type TestedProgram = Pick<BpfProgram, 'testRun'>;

/** Where programs and maps are made. */
interface Place<M, P extends TestedProgram> {
  createMap(spec: MapSpec, owned: DisposableStack): M;
  load(spec: ProgramSpec, maps: Readonly<Record<string, M>>, owned: DisposableStack): P;
  setTailCall(array: M, position: number, program: P): void;
}

const inKernel: Place<BpfMap, BpfProgram> = {
  createMap: (spec, owned) => owned.use(BpfMap.create(spec)),
  load: (spec, maps, owned) => owned.use(BpfProgram.load(spec, { maps })),
  setTailCall,
};

function inEngine(): Place<EngineMap, EngineProgram> {
  // Virtual: pages that nobody touches cost nothing.
  const engine = new Engine({ bytes: 512 << 20 });
  return {
    createMap: (spec, owned) => owned.use(engine.createMap(spec)),
    load: (spec, maps, owned) => owned.use(engine.load(spec, { maps, checked: true })),
    setTailCall: (array, position, { id }) => array.update(word(position), word(id)),
  };
}

const word = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);

/** Chained by tail calls, run by BPF_PROG_TEST_RUN, or what is that in the engine. Functions begin with empty tables. */
export const tailCalls: readonly ChainExecutor[] = [
  { name: 'tail calls in the kernel', start: (chain) => startIn(inKernel, chain, called) },
  { name: 'tail calls in the engine', start: (chain) => startIn(inEngine(), chain, called) },
];

/** The same, where packets begin with one program of all places that they may come to. */
export const fused: readonly ChainExecutor[] = [
  { name: 'fused in the kernel', start: (chain) => startIn(inKernel, chain, together) },
];

/** What packets begin with at a position. */
type Beginning = <P extends TestedProgram>(loaded: Loaded<P>, position: number) => P | undefined;

interface Loaded<P extends TestedProgram> {
  readonly programs: ReadonlyMap<number, P>;
  readonly parts: ReadonlyMap<number, Part>;
  /** `own`: maps that no function has. */
  readonly load: (spec: ProgramSpec, hook: Part['ir']['hook'], own: readonly MapSpec[]) => P;
}

const called: Beginning = ({ programs }, position) => programs.get(position);

const together: Beginning = ({ parts, load }, position) => {
  const first = parts.get(position);
  if (first === undefined) return undefined;
  const { hook } = first.ir;
  const same = new Map([...parts].filter(([, { ir }]) => ir.hook === hook));
  const { program, ways, lines } = fuseChain({ name: 'fused', hook, first: position, parts: same });
  const cpus = Math.max(...possibleCpus()) + 1;
  const own = [...(ways.length > 0 ? [waysMap(ways)] : []), ...(lines > 0 ? [flowCacheMap(lines, cpus)] : [])];
  return load(compileProgram(program).spec, hook, own);
};

async function startIn<M, P extends TestedProgram>(
  at: Place<M, P>,
  chain: ChainUnderTest,
  beginning: Beginning,
): Promise<RunningTestChain> {
  using owned = new DisposableStack();
  const plan = planUnderTest(chain);
  let last = 0;
  const placed = placeChain(chain.spec.name, plan, { allocate: () => ++last });
  const loaded = await loadAll(at, chain, placed, owned, (name) => plan.ports.get(name) ?? []);
  const positions = [...new Set(placed.roots.map(({ position }) => position))];
  const beginnings = positions.flatMap((position) => {
    const program = beginning(loaded, position);
    return program === undefined ? [] : [[position, program] as const];
  });
  return running(placed, new Map(beginnings), owned.move());
}

/** Test runs want an interface that there is; programs know their ports. */
const LOOPBACK = 1;

type Ports = readonly { readonly name: string; readonly ifindex: number }[];

async function loadAll<M, P extends TestedProgram>(
  at: Place<M, P>,
  { functions }: ChainUnderTest,
  { placements }: PlacedChain,
  owned: DisposableStack,
  portsOf: (name: string) => Ports,
): Promise<Loaded<P>> {
  const places = [...placements.values()];
  const size = Math.max(0, ...places.map(({ position }) => position)) + 1;
  const hooks = [...new Set(places.map(({ hook }) => hook))];
  const arrays = new Map(hooks.map((hook) => [hook, at.createMap(chainMap('path', size), owned)] as const));
  const loaded = new Map<number, P>();
  const parts = new Map<number, Part>();
  const all: Record<string, M> = {};
  for (const one of functions) {
    const own = places.filter((placement) => placement.function === one.name);
    const { programs, maps: specs } = await compiled(one, own, portsOf(one.name));
    const maps = Object.fromEntries(specs.map((spec) => [spec.name, at.createMap(spec, owned)] as const));
    for (const [name, map] of Object.entries(maps)) all[fusedMapName(one.name, name)] = map;
    for (const { hook, position = 0, ir, compiled: made } of programs) {
      const array = arrays.get(hook);
      if (array === undefined) throw new Error(`no place is on ${hook}`);
      loaded.set(position, at.load(made.spec, { ...maps, [PATH]: array }, owned));
      parts.set(position, { position, owner: one.name, ir });
    }
  }
  for (const { position, hook } of places) {
    const [array, program] = [arrays.get(hook), loaded.get(position)];
    if (array !== undefined && program !== undefined) at.setTailCall(array, position, program);
  }
  const load: Loaded<P>['load'] = (spec, hook, own) => {
    const array = arrays.get(hook);
    const made = Object.fromEntries(own.map((map) => [map.name, at.createMap(map, owned)] as const));
    return at.load(spec, { ...all, ...made, ...(array !== undefined && { [PATH]: array }) }, owned);
  };
  return { programs: loaded, parts, load };
}

async function compiled({ name, imported, config }: ChainFunction, places: readonly Placement[], ports: Ports) {
  const parsed = await parseConfig(name, imported.spec, config ?? {});
  const target = {
    clock: 'simulated',
    cpus: 1,
    ports,
    classifiers: new Map(),
    seed: 1,
    key: 1,
    checksumState: skbChecksumState(),
  } as const;
  return compileFunction(imported, { config: parsed, target, programs: places.map(placeChoice) });
}

function running(
  { roots }: PlacedChain,
  programs: ReadonlyMap<number, TestedProgram>,
  owned: DisposableStack,
): RunningTestChain {
  return {
    send({ port, direction, bytes }) {
      const hook = direction === 'ingress' ? 'xdp' : 'tcx-egress';
      const root = roots.find((one) => one.port === port && one.hook === hook);
      const program = root && programs.get(root.position);
      if (program === undefined) return { end: 'out', bytes };
      const ctx =
        hook === 'xdp'
          ? xdpContext({ length: bytes.length, ingressIfindex: LOOPBACK })
          : skbContext({ ifindex: LOOPBACK });
      const { data, retval } = program.testRun({ data: bytes, ctx });
      return { end: hook === 'xdp' ? xdpEnd(retval) : tcxEnd(retval | 0), bytes: data };
    },
    [Symbol.dispose]: () => owned.dispose(),
  };
}

/** enum xdp_action */
const xdpEnd = (action: number): ChainEnd => (action === 2 ? 'host' : action > 2 ? 'out' : 'drop');
/** enum tcx_action_base; what leaves the host and goes on, goes out. */
const tcxEnd = (action: number): ChainEnd => (action === 2 ? 'drop' : 'out');
