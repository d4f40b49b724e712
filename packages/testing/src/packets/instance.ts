// One instance of a function for one case: configured, filled, loaded, with a clock that stands until it is moved.
import { availableParallelism } from 'node:os';
import { SIZE_CLASSES, type SizeClass } from '@twinpath/classifier';
import { mapNeeds, planMaps } from '@twinpath/compiler';
import { EventDecoder, type InstanceMaps, type LiveTableSet, parseConfig, runningTables } from '@twinpath/runtime';
import { type FunctionPlan, idlePlans, planFunction } from '@twinpath/vnf/plan';
import type { FunctionSpec } from '@twinpath/vnf/spec';
import { SimulatedClock } from './clock.ts';
import { configure } from './configure.ts';
import type { Executor, Loaded, TestPort } from './executor.ts';
import { fillPorts } from './ports.ts';
import type { Programs } from './programs.ts';
import type { AnyTestCase } from './test-case.ts';

export interface Instance extends Disposable {
  readonly plan: FunctionPlan;
  readonly maps: InstanceMaps;
  readonly tables: LiveTableSet;
  readonly ports: readonly TestPort[];
  readonly events: EventDecoder;
  readonly clock: SimulatedClock;
  readonly loaded: Loaded;
}

/** Up to the first step of the case. */
export async function startInstance(
  programs: Programs,
  testCase: AnyTestCase,
  executor: Executor,
  ports: readonly TestPort[] = portsOf(programs.imported.spec),
): Promise<Instance> {
  const classifiers = new Map<string, SizeClass>();
  for (;;) {
    try {
      return await start(programs, testCase, { executor, classifiers, ports });
    } catch (error) {
      if (!(error instanceof NeedsRoom)) throw error;
      classifiers.set(error.path, error.sizeClass);
    }
  }
}

/** Rules need a larger class than the maps were made for: what goes before the first step goes again, with more room. */
class NeedsRoom extends Error {
  readonly path: string;
  readonly sizeClass: SizeClass;

  constructor(path: string, sizeClass: SizeClass) {
    super(`the rules of ${path} need a tree of up to ${sizeClass.tableBytes} bytes`);
    this.path = path;
    this.sizeClass = sizeClass;
  }
}

interface Making {
  readonly executor: Executor;
  readonly classifiers: ReadonlyMap<string, SizeClass>;
  readonly ports: readonly TestPort[];
}

async function start(programs: Programs, testCase: AnyTestCase, making: Making): Promise<Instance> {
  const { executor, classifiers, ports } = making;
  const { spec } = programs.imported;
  const plan = planFunction(spec);
  const config = await parseConfig(spec.name, spec, testCase.config);
  using owned = new DisposableStack();
  const room = { classifiers, cpus: availableParallelism(), ...mapNeeds(programs.imported) };
  const made = owned.use(executor.createMaps(planMaps(plan, room), ports));
  const { maps } = made;
  const tables = runningTables(plan, maps, {
    ports: ports.map(({ name }) => name),
    sizeClasses: classesIn(classifiers),
  });
  const clock = new SimulatedClock(maps, tables, idlePlans(plan, spec.idleTimeouts?.(config) ?? {}));
  fillPorts(plan, maps, ports);
  if (testCase.config !== undefined) await configure(spec, { config, plan, maps, tables, clock });
  testCase.given?.(tables.tables);
  const loaded = owned.use(made.load(programs, { config, classifiers, ports }));
  const all = owned.move();
  const events = new EventDecoder(
    plan,
    ports.map(({ name }) => name),
  );
  return { plan, maps, tables, ports, events, clock, loaded, [Symbol.dispose]: () => all.dispose() };
}

function classesIn(classifiers: ReadonlyMap<string, SizeClass>) {
  return {
    get(path: string): SizeClass {
      const found = classifiers.get(path) ?? SIZE_CLASSES[0];
      if (found === undefined) throw new Error('there is a smallest class');
      return found;
    },
    grow(path: string, sizeClass: SizeClass): never {
      throw new NeedsRoom(path, sizeClass);
    },
  };
}

/** A transparent function has no ports of its own and sees the name of the one that it sits on. */
function portsOf({ ports }: FunctionSpec): readonly TestPort[] {
  const names = ports.kind === 'named' ? ports.names : ['port'];
  return names.map((name, index) => ({ name, ifindex: index + 1 }));
}
