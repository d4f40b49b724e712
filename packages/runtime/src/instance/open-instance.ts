import { compileThread } from '../compile/compile-thread.ts';
import type { Clock } from './clock.ts';
import { HostedInstance, type HostedInstanceOptions } from './hosted-instance.ts';
import { Instance } from './instance.ts';
import type { InstanceHandle } from './instance-handle.ts';

export interface OpenInstanceOptions extends HostedInstanceOptions {
  /** Of `hash`. */
  readonly seed: number;
  /** Of an instance of this thread; default: the machine's. */
  readonly clock?: Clock;
}

/** Imports a function where its code belongs: in a worker, if it does more than to be configured. @throws CompileError … */
export async function openInstance(options: OpenInstanceOptions): Promise<InstanceHandle> {
  const { instance, home, log, seed, clock } = options;
  const { chain, name, use, key } = instance;
  // Read in a thread that ends again: the parser is most of what the compiler costs.
  const source = home.hasThreads ? await compileThread.read(use) : undefined;
  if (source?.needsWorker === true) return HostedInstance.open(options, source);
  // Only who has such functions pays for the compiler in this thread.
  const { importHere } = await import('../compile/compile-here.ts');
  const code = await importHere(source ?? use);
  return new Instance({ chain, name, ...code, plane: home.openPlane(), seed, key, log, ...(clock && { clock }) });
}
