import type { ImportedVnf } from '@twinpath/compiler';
import type { Executor, PacketIn } from '../packets/executor.ts';
import { startInstance } from '../packets/instance.ts';
import { observe, type Seen } from '../packets/observe.ts';
import { Programs } from '../packets/programs.ts';
import { executors } from '../packets/under-test.ts';

export { missingForKernel } from '../packets/kernel.ts';
export type { Seen } from '../packets/observe.ts';

export type SimulationExecutor = Executor['name'];

/** A configured function that runs on nothing but the packets that it is given. Its slow path does not run. */
export interface Simulation extends Disposable {
  /** The name of the port that packets come from. */
  readonly port: string;
  /** What becomes of a frame. `direction`: default `ingress`. @throws SyscallError where the kernel does not take it */
  send(bytes: Uint8Array, direction?: PacketIn['direction']): Seen;
  /** Lets nanoseconds pass. */
  advance(nanoseconds: number): void;
}

/** @throws CompileError, ConfigError */
export async function startSimulation(
  imported: ImportedVnf,
  { executor, config }: { readonly executor: SimulationExecutor; readonly config?: unknown },
): Promise<Simulation> {
  const testCase = { title: imported.spec.name, steps: [], config: config ?? {} };
  const instance = await startInstance(new Programs(imported), testCase, executors[executor]);
  const [port] = instance.ports;
  if (port === undefined) throw new Error('every function has a port');
  return {
    port: port.name,
    send: (bytes, direction = 'ingress') => observe(instance, { bytes, direction, port }),
    advance: (nanoseconds) => instance.clock.advance(nanoseconds),
    [Symbol.dispose]: () => instance[Symbol.dispose](),
  };
}
