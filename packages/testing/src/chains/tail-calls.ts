// A chain in the kernel as the runtime makes it: programs of all places, which call each other through program arrays.
import { compileFunction, type FunctionProgram, placeChoice } from '@twinpath/compiler';
import { chainMap, PATH } from '@twinpath/compiler/abi';
import { BpfMap, BpfProgram, createMaps, setTailCall, skbChecksumState, skbContext, xdpContext } from '@twinpath/ebpf';
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

/** Chained by tail calls, run by BPF_PROG_TEST_RUN. Functions begin with empty tables. */
export const tailCalls: ChainExecutor = {
  name: 'tail calls',
  async start(chain) {
    using owned = new DisposableStack();
    const plan = planUnderTest(chain);
    let last = 0;
    const placed = placeChain(chain.spec.name, plan, { allocate: () => ++last });
    const programs = await loadAll(chain, placed, owned, (name) => plan.ports.get(name) ?? []);
    return running(placed, programs, owned.move());
  },
};

/** Test runs want an interface that there is; programs know their ports. */
const LOOPBACK = 1;

type Ports = readonly { readonly name: string; readonly ifindex: number }[];

async function loadAll(
  { functions }: ChainUnderTest,
  { placements }: PlacedChain,
  owned: DisposableStack,
  portsOf: (name: string) => Ports,
): Promise<ReadonlyMap<number, BpfProgram>> {
  const places = [...placements.values()];
  const size = Math.max(0, ...places.map(({ position }) => position)) + 1;
  const hooks = [...new Set(places.map(({ hook }) => hook))];
  const arrays = new Map(hooks.map((hook) => [hook, owned.use(BpfMap.create(chainMap('path', size)))] as const));
  const loaded = new Map<number, BpfProgram>();
  for (const one of functions) {
    const own = places.filter((placement) => placement.function === one.name);
    const { programs, maps: specs } = await compiled(one, own, portsOf(one.name));
    const maps = createMaps(specs, owned);
    for (const made of programs) {
      const array = arrays.get(made.hook);
      if (array === undefined) throw new Error(`no place is on ${made.hook}`);
      loaded.set(made.position ?? 0, load(made, { ...maps, [PATH]: array }, owned));
    }
  }
  for (const { position, hook } of places) {
    const [array, program] = [arrays.get(hook), loaded.get(position)];
    if (array !== undefined && program !== undefined) setTailCall(array, position, program);
  }
  return loaded;
}

function load(
  { compiled: { spec } }: FunctionProgram,
  maps: Readonly<Record<string, BpfMap>>,
  owned: DisposableStack,
): BpfProgram {
  return owned.use(BpfProgram.load(spec, { maps }));
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
  programs: ReadonlyMap<number, BpfProgram>,
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
