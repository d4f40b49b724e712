import { COUNTERS } from '@twinpath/compiler/abi';
import type { FunctionPlan } from '@twinpath/vnf/plan';
import { type InstanceMaps, indexKey } from './instance-maps.ts';

/** The counters of a function, by the names of their slots in the plan: sums over all CPUs. */
export function counterValues(plan: FunctionPlan, maps: InstanceMaps): ReadonlyMap<string, number> {
  const { slots } = plan.counters;
  const copies = maps.store(COUNTERS).lookup(indexKey(0)) ?? new Uint8Array();
  const view = new DataView(copies.buffer, copies.byteOffset, copies.byteLength);
  const stride = copies.length / maps.cpus;
  return new Map(
    slots.map((name, slot) => {
      let sum = 0;
      for (let at = slot * 8; at < copies.length; at += stride) sum += Number(view.getBigUint64(at, true));
      return [name, sum];
    }),
  );
}

/** The author's counters as an instance shows them: read when asked for. */
export function countersObject(plan: FunctionPlan, maps: InstanceMaps): object {
  const prefix = 'count ';
  const counters = {};
  for (const slot of plan.counters.slots.filter((name) => name.startsWith(prefix))) {
    const get = () => counterValues(plan, maps).get(slot) ?? 0;
    Object.defineProperty(counters, slot.slice(prefix.length), { get, enumerable: true });
  }
  return Object.freeze(counters);
}
