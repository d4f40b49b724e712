import { type FunctionCode, importVnf, readFunction, writeSyntax } from '@twinpath/compiler';
import type { InstancePlane } from '../instance-plane.ts';
import { KernelPlane, type KernelPlaneOptions } from '../kernel/kernel-plane.ts';
import { HostedInstance, type HostedInstanceOptions } from './hosted-instance.ts';
import { Instance } from './instance.ts';
import type { InstanceHandle } from './instance-handle.ts';

export interface OpenInstanceOptions extends HostedInstanceOptions {
  /** Of `hash`. */
  readonly seed: number;
  /** Keeps the function in this thread, on this plane. */
  readonly plane?: ((options: KernelPlaneOptions) => InstancePlane) | undefined;
}

/** Imports a function where its code belongs: in a worker, if it does more than to be configured. @throws CompileError … */
export async function openInstance(options: OpenInstanceOptions): Promise<InstanceHandle> {
  const { instance, wiring, log, seed, plane: makePlane } = options;
  if (makePlane === undefined) {
    const code = await readFunction(instance.use);
    // Read once, here: the parser would be most of what a worker costs.
    if (needsWorker(code))
      return HostedInstance.open({ ...options, instance: { ...instance, syntax: writeSyntax(code) } });
  }
  const { chain, name, use, pins, key } = instance;
  const imported = await importVnf(use);
  const plane = (makePlane ?? kernelPlane)({ functionName: name, pins, key, wiring });
  return new Instance({ chain, name, imported, plane, seed, key, log });
}

const kernelPlane = (options: KernelPlaneOptions) => new KernelPlane(options);

function needsWorker({ code: { call } }: FunctionCode): boolean {
  return call.members.has('slowPath') || call.members.has('operations');
}
