import { readVnf } from '@twinpath/compiler';
import type { Duration, LiveTables, Vnf } from '@twinpath/vnf';
import { parseDuration } from '@twinpath/vnf/spec';
import type { input as Input, ZodType } from 'zod';
import { engineExecutor } from './engine.ts';
import { evaluator } from './evaluator.ts';
import type { Executor, PacketIn } from './executor.ts';
import { startInstance } from './instance.ts';
import { kernel, missingForKernel } from './kernel.ts';
import { observe, type Seen } from './observe.ts';
import { Programs } from './programs.ts';

export const executors = { evaluator, engine: engineExecutor, kernel } as const;
export type ExecutorName = Executor['name'];

/** A function that runs on nothing but the packets that it is given. */
export interface UnderTest<T> extends Disposable {
  readonly tables: LiveTables<T>;
  /** What becomes of a frame. `direction`: default `ingress`. */
  send(bytes: Uint8Array, direction?: PacketIn['direction']): Seen;
  /** Lets time pass. */
  after(time: Duration): void;
}

/** For tests that make up their packets as they go; others use `testPackets`.
 *  @throws Error where the executor is not possible here; CompileError, ConfigError */
export async function startUnderTest<C extends ZodType, T, K, R, P extends string>(
  vnf: Vnf<C, T, K, R, P>,
  options: { readonly executor: ExecutorName; readonly config?: Input<C> },
): Promise<UnderTest<T>> {
  const missing = options.executor === 'kernel' ? missingForKernel() : undefined;
  if (missing !== undefined) throw new Error(`the kernel runs no tests here: ${missing} is missing`);
  const testCase = { title: vnf.name, steps: [], ...(options.config !== undefined && { config: options.config }) };
  const instance = await startInstance(new Programs(await readVnf(vnf)), testCase, executors[options.executor]);
  const [port] = instance.ports;
  if (port === undefined) throw new Error('every function has a port');
  const tables: unknown = instance.tables.tables;
  return {
    // The plan that the tables were made from is that of this very function.
    tables: tables as LiveTables<T>,
    send: (bytes, direction = 'ingress') => observe(instance, { bytes, direction, port }),
    after: (time) => instance.clock.advance(parseDuration(time, 'after')),
    [Symbol.dispose]: () => instance[Symbol.dispose](),
  };
}
