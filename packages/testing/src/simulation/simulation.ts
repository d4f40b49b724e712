import type { ImportedVnf } from '@twinpath/compiler';
import type { Executor, PacketIn, TestPort } from '../packets/executor.ts';
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
  /** What becomes of a frame. `direction`: default `ingress`; `from`: name of the port, default the first.
   *  @throws SyscallError where the kernel does not take it */
  send(bytes: Uint8Array, direction?: PacketIn['direction'], from?: string): Seen;
  /** Lets nanoseconds pass. */
  advance(nanoseconds: number): void;
}

export interface SimulationOptions {
  readonly executor: SimulationExecutor;
  readonly config?: unknown;
  /** Of the function, in order of their index; default: those that it declares, or one. */
  readonly ports?: readonly TestPort[];
}

/** @throws CompileError, ConfigError */
export async function startSimulation(
  imported: ImportedVnf,
  { executor, config, ports }: SimulationOptions,
): Promise<Simulation> {
  const testCase = { title: imported.spec.name, steps: [], config: config ?? {} };
  const instance = await startInstance(new Programs(imported), testCase, executors[executor], ports);
  const [port] = instance.ports;
  if (port === undefined) throw new Error('every function has a port');
  return {
    port: port.name,
    send(bytes, direction = 'ingress', from = port.name) {
      const by = instance.ports.find(({ name }) => name === from) ?? port;
      return observe(instance, { bytes, direction, port: by });
    },
    advance: (nanoseconds) => instance.clock.advance(nanoseconds),
    [Symbol.dispose]: () => instance[Symbol.dispose](),
  };
}
