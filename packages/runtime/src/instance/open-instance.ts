import { type FunctionCode, importVnf, readFunction, writeSyntax } from '@twinpath/compiler';
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
  if (home.hasThreads) {
    const code = await readFunction(instance.use);
    // Read once, here: the parser would be most of what a worker costs.
    if (needsWorker(code))
      return HostedInstance.open({ ...options, instance: { ...instance, syntax: writeSyntax(code) } });
  }
  const { chain, name, use, key } = instance;
  const imported = await importVnf(use);
  return new Instance({ chain, name, imported, plane: home.openPlane(), seed, key, log, ...(clock && { clock }) });
}

function needsWorker({ code: { call } }: FunctionCode): boolean {
  return call.members.has('slowPath') || call.members.has('operations');
}
