import type { MapSpec } from '../spec.ts';
import { BpfMap } from './map.ts';

/** A map for each spec, by name; they close with their owner. @throws SyscallError; the owner has those made before. */
export function createMaps(specs: readonly MapSpec[], owner: DisposableStack): Record<string, BpfMap> {
  return Object.fromEntries(specs.map((spec) => [spec.name, owner.use(BpfMap.create(spec))]));
}
