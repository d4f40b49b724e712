import { COUNTED, COUNTERS } from '@twinpath/compiler/abi';
import type { FunctionPlan } from '@twinpath/vnf/plan';
import { type InstanceMaps, indexKey } from './instance-maps.ts';

/** The counters of a function, by the names of their slots in the plan: sums over all CPUs and programs. */
export function counterValues(plan: FunctionPlan, maps: InstanceMaps): ReadonlyMap<string, number> {
  const { slots } = plan.counters;
  maps.collect?.();
  const sums = slots.map(() => 0);
  for (const element of Object.values(COUNTED)) {
    const copies = maps.store(COUNTERS).lookup(indexKey(element)) ?? new Uint8Array();
    const view = new DataView(copies.buffer, copies.byteOffset, copies.byteLength);
    const stride = copies.length / maps.cpus;
    for (const slot of slots.keys()) {
      for (let at = slot * 8; at < copies.length; at += stride) {
        sums[slot] = (sums[slot] ?? 0) + Number(view.getBigUint64(at, true));
      }
    }
  }
  return new Map(slots.map((name, slot) => [name, sums[slot] ?? 0]));
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
