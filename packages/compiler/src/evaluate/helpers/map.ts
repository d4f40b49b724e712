import { Fault } from '../fault.ts';
import type { Arguments, Helpers, Machine } from '../machine.ts';
import { MapReference } from '../machine.ts';
import { helperResult, type UpdateMode } from '../map-store.ts';
import type { EvaluatorMap } from '../maps/evaluator-map.ts';
import { ReferenceMap } from '../maps/references.ts';
import { type Operand, Pointer, unchecked } from '../memory.ts';

/** BPF_ANY, BPF_NOEXIST, BPF_EXIST. */
const modes: readonly UpdateMode[] = ['any', 'new', 'existing'];
const BPF_F_LOCK = 4n;

function lookup(given: Arguments, machine: Machine): Operand {
  const map = given.map(0);
  const key = given.bytes(1, map.spec.keySize);
  if (map.spec.type === 'array-of-maps' || map.spec.type === 'hash-of-maps') return innerMap(map, key, machine);
  return new Pointer('value', map.find(key, machine.environment.cpu), 0, unchecked());
}

function innerMap(outer: EvaluatorMap, key: Uint8Array, { maps }: Machine): Operand {
  const id = outer instanceof ReferenceMap ? outer.reference(key) : undefined;
  const inner = id === undefined ? undefined : maps.byId(id);
  return new Pointer('map', inner === undefined ? undefined : new MapReference(inner), 0, unchecked());
}

function writable(given: Arguments, helper: string): EvaluatorMap {
  const map = given.map(0);
  if (map instanceof ReferenceMap || map.spec.flags?.includes('read-only-for-programs') === true) {
    throw new Fault(`${helper} on map "${map.spec.name}", which programs may only read`, 'Let the Node side write it.');
  }
  return map;
}

function update(given: Arguments, machine: Machine): Operand {
  const map = writable(given, 'map_update_elem');
  const key = given.bytes(1, map.spec.keySize);
  const value = given.bytes(2, map.spec.valueSize);
  const mode = modes[Number(given.integer(3) & ~BPF_F_LOCK)];
  return helperResult(mode === undefined ? 'EINVAL' : map.put(key, value, mode, machine.environment.cpu));
}

function remove(given: Arguments): Operand {
  const map = writable(given, 'map_delete_elem');
  return helperResult(map.remove(given.bytes(1, map.spec.keySize)));
}

function lookupPerCpu(given: Arguments): Operand {
  const map = given.map(0);
  return new Pointer('value', map.find(given.bytes(1, map.spec.keySize), given.unsigned32(2)), 0, unchecked());
}

export const mapHelpers: Helpers = {
  map_lookup_elem: { parameters: 2, run: lookup },
  map_lookup_percpu_elem: { parameters: 3, run: lookupPerCpu },
  map_update_elem: { parameters: 4, run: update },
  map_delete_elem: { parameters: 2, run: remove },
};
