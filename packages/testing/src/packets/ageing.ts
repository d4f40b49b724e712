import type { InstanceMaps, LiveTableSet } from '@twinpath/runtime';
import type { FunctionPlan, TablePlan } from '@twinpath/vnf/plan';

/** Removes entries that are too old, as the runtime does every second, all at once. */
export function sweep(plan: FunctionPlan, maps: InstanceMaps, tables: LiveTableSet, seconds: number): void {
  for (const table of plan.tables) {
    if (table.idle === undefined && table.timeoutSeconds === undefined) continue;
    for (const [place, { name }] of table.maps.entries()) {
      const store = maps.store(name);
      for (const [key, value] of [...store.entries()]) {
        if (!isExpired(table, value, seconds)) continue;
        store.delete(key);
        tables.keyed.get(table.path)?.notifyExpired(place, key, value);
      }
    }
  }
}

function isExpired({ idle, timeoutSeconds, hidden }: TablePlan, value: Uint8Array, seconds: number): boolean {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const age = (offset: number | undefined) => (offset === undefined ? 0 : seconds - view.getUint32(offset, true));
  if (timeoutSeconds !== undefined && age(hidden.written) > timeoutSeconds) return true;
  if (idle === undefined) return false;
  const limit = idle.by === 'all' ? idle.seconds : idle.seconds[value[idle.offset] ?? 0];
  return limit !== undefined && age(hidden.touched) > limit;
}
