// A chain without a host: functions, what is between them, and packets. The ways of running one must agree.
import { type Direction, type ImportedVnf, sends } from '@twinpath/compiler';
import { type ChainPlan, type ChainSpec, checkChain, checkWiring, planChain } from '@twinpath/vnf/chain';

export interface ChainFunction {
  /** In the chain. */
  readonly name: string;
  readonly imported: ImportedVnf;
  /** As its schema takes it. */
  readonly config?: unknown;
}

export interface ChainUnderTest {
  readonly spec: ChainSpec;
  readonly functions: readonly ChainFunction[];
}

/** A packet that enters by a port of the chain, or leaves the host by it. */
export interface ChainPacket {
  readonly port: string;
  readonly direction: Direction;
  readonly bytes: Uint8Array;
}

/** `host`: to the network stack. `out`: by an interface, also what was on its way out. `up`: to a slow path. */
export type ChainEnd = 'drop' | 'host' | 'out' | 'up';

export interface ChainResult {
  readonly end: ChainEnd;
  readonly bytes: Uint8Array;
}

/** One way of running chains. */
export interface ChainExecutor {
  readonly name: string;
  start(chain: ChainUnderTest): Promise<RunningTestChain>;
}

export interface RunningTestChain extends Disposable {
  send(packet: ChainPacket): ChainResult;
}

/** Interfaces are numbered from 1, in order of the ports; 1 is the loopback interface of every namespace. @throws ChainSpecError */
export function planUnderTest({ spec, functions }: ChainUnderTest): ChainPlan {
  const faces = new Map(
    functions.map(({ name, imported }) => [name, { ...imported.spec, ...sends(imported) }] as const),
  );
  checkChain(spec);
  checkWiring(spec, faces);
  const ports = Object.keys(spec.ports).map((name, index) => [name, { ifindex: index + 1, hook: 'xdp' }] as const);
  return planChain(spec, { functions: faces, ports: new Map(ports) });
}
