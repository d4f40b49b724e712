import { LISTENERS } from '@twinpath/compiler/abi';
import type { Log } from '@twinpath/vnf';
import { type FunctionPlan, overrideReasons } from '@twinpath/vnf/plan';
import type { InstancePlane } from '../instance-plane.ts';

export interface ListenerSources {
  readonly plan: FunctionPlan;
  readonly plane: InstancePlane;
  readonly log: Log;
}

/** Brings what programs know of listeners' interfaces (compiler/abi/listeners.ts) up to date in the present maps. */
export function refreshListeners({ plan, plane, log }: ListenerSources): void {
  const given = plane.places.reasons ?? {};
  const listening = overrideReasons(plan, given).reasons.filter(({ way }) => way === 'interface');
  if (listening.length === 0) return;
  const { buffer, byteOffset, byteLength } = plane.maps.memory(LISTENERS);
  const words = new Uint32Array(buffer, byteOffset, byteLength / 4);
  for (const { name, index } of listening) {
    const link = given[name]?.interface ?? '';
    const to = plane.interfaceIndex(link);
    if (to === 0 && words[index] !== 0)
      log.warn(`${link} is gone: packets of reason ${name} are lost until it is back`);
    words[index] = to;
  }
}
