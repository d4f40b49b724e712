// A chain whose functions run alone: what is behind a function is looked up in the plan, packet by packet.
import type { ChainPlan, ChainSpec } from '@twinpath/vnf/chain';
import { type Simulation, type SimulationExecutor, startSimulation } from '../simulation/simulation.ts';
import {
  type ChainEnd,
  type ChainExecutor,
  type ChainPacket,
  type ChainUnderTest,
  planUnderTest,
} from './chain-under-test.ts';

type Place = ChainPlan['places'] extends ReadonlyMap<string, infer P> ? P : never;
type Link = Place['next'];

/** What became of a packet. */
export interface WalkResult {
  readonly end: ChainEnd;
  /** As a step of a test writes it; `undefined`: the program gave up. */
  readonly verdict: string | undefined;
  /** The function that gave it. */
  readonly decidedBy: string;
  /** What that function told `decidedBy`. */
  readonly decision: number | undefined;
  /** Of the chain, where the packet leaves by one that is known. */
  readonly port: string | undefined;
  readonly bytes: Uint8Array;
}

/** As many functions one after the other: more is a circle. */
const MOST_STEPS = 64;

export class ChainWalk implements Disposable {
  readonly #spec: ChainSpec;
  readonly #plan: ChainPlan;
  readonly #simulations: ReadonlyMap<string, Simulation>;

  private constructor(spec: ChainSpec, plan: ChainPlan, simulations: ReadonlyMap<string, Simulation>) {
    this.#spec = spec;
    this.#plan = plan;
    this.#simulations = simulations;
  }

  /** @throws ChainSpecError, CompileError, ConfigError */
  static async start(chain: ChainUnderTest, executor: SimulationExecutor): Promise<ChainWalk> {
    const plan = planUnderTest(chain);
    using started = new DisposableStack();
    const simulations = new Map<string, Simulation>();
    for (const { name, imported, config } of chain.functions) {
      const own = plan.ports.get(name) ?? [];
      // Test runs of the kernel want an interface that there is; what does not forward needs no other.
      const ports = executor === 'kernel' && imported.spec.ports.kind === 'transparent' ? own.slice(0, 1) : own;
      simulations.set(name, started.use(await startSimulation(imported, { executor, config, ports })));
    }
    started.move();
    return new ChainWalk(chain.spec, plan, simulations);
  }

  send({ port, direction, bytes }: ChainPacket): WalkResult {
    const hook = direction === 'ingress' ? 'xdp' : 'tcx-egress';
    const root = this.#plan.roots.find((one) => one.port === port && one.hook === hook);
    const onItsWay: WalkResult = { end: 'out', verdict: 'next', decidedBy: '', decision: undefined, port, bytes };
    return root === undefined ? onItsWay : this.#walk(this.#place(root.id), onItsWay);
  }

  /** Lets nanoseconds pass. */
  advance(nanoseconds: number): void {
    for (const simulation of this.#simulations.values()) simulation.advance(nanoseconds);
  }

  [Symbol.dispose](): void {
    for (const simulation of this.#simulations.values()) simulation[Symbol.dispose]();
  }

  #walk(first: Place, given: WalkResult): WalkResult {
    let [place, result] = [first, given];
    for (let step = 0; step < MOST_STEPS; step++) {
      const { link, ...seen } = this.#run(place, result);
      // Functions on the way out decide only if they do not let the packet go.
      const decides = seen.verdict !== 'next' || result.verdict === 'next';
      const { verdict, decision } = seen;
      const decided = decides && { verdict, decision, decidedBy: place.function };
      result = { ...result, bytes: seen.bytes, ...decided };
      if (link === undefined) return { ...result, end: endOf(seen.verdict), port: undefined };
      if (link.kind !== 'place') return this.#leave(place, link, result);
      place = this.#place(link.id);
    }
    return { ...result, end: 'drop', verdict: undefined };
  }

  /** What is behind the verdict; `undefined`: the packet ends here. */
  #run(place: Place, { bytes }: WalkResult) {
    const simulation = this.#simulations.get(place.function);
    if (simulation === undefined) throw new Error(`function ${place.function} does not run`);
    const seen = simulation.send(bytes, place.direction, place.entry);
    return {
      verdict: seen.verdict,
      decision: seen.decision,
      bytes: seen.packet,
      link: linkOf(place, seen.verdict, seen.leavesBy),
    };
  }

  #leave({ entry, hook }: Place, link: Exclude<Link, { kind: 'place' }>, result: WalkResult): WalkResult {
    const names = Object.keys(this.#spec.ports);
    if (link.kind === 'interface' && link.ifindex > 0) {
      return { ...result, end: 'out', port: names[link.ifindex - 1] };
    }
    const leaves = hook === 'tcx-egress' || result.verdict === 'bounce' || link.kind !== 'end';
    return { ...result, end: leaves ? 'out' : 'host', port: leaves ? entry : undefined };
  }

  #place(id: string): Place {
    const place = this.#plan.places.get(id);
    if (place === undefined) throw new Error(`there is no place ${id}`);
    return place;
  }
}

function linkOf(place: Place, verdict: string | undefined, leavesBy: string | undefined): Link | undefined {
  switch (verdict) {
    case 'next':
      return place.next;
    case 'stack':
      return place.out;
    case 'bounce':
      return Object.keys(place.exits).length === 0 ? place.back : place.exits[place.entry ?? ''];
    case 'forward':
      return place.exits[leavesBy ?? ''];
    default:
      return undefined;
  }
}

function endOf(verdict: string | undefined): ChainEnd {
  if (verdict?.startsWith('slowPath')) return 'up';
  return verdict === 'flood' || verdict === 'forward' || verdict === 'bounce' ? 'out' : 'drop';
}

/** Each function alone. */
export const apart = (executor: SimulationExecutor): ChainExecutor => ({
  name: `apart on ${executor}`,
  start: (chain) => ChainWalk.start(chain, executor),
});
