// What programs and Node's side do with maps, by the way in which their entries lie in memory.

import type { Code } from '../wasm/code.ts';
import { call, type Expr, get, i32, i64, type Local } from '../wasm/expressions.ts';
import type { Library } from '../wasm/library.ts';
import { arrayLookup, arrayUpdate, slotLookup } from './array-code.ts';
import { error, hashDelete, hashLookup, hashUpdate } from './hash-code.ts';
import type { KnownMap } from './known-map.ts';
import type { MapKey } from './map-key.ts';
import { holdsMaps, holdsReferences, layoutOf } from './shape.ts';
import { trieLookup } from './trie-code.ts';

/** i32: address of the value, or 0. */
export function lookupValue(lib: Library, code: Code, known: KnownMap, map: Local, key: MapKey): Expr {
  switch (layoutOf(known.shape.type)) {
    case 'array':
      return arrayLookup(lib, code, known, map, key);
    case 'slots':
      return slotLookup(code, known, map, key);
    case 'hash':
      return hashLookup(lib, known, map, key);
    case 'trie':
      return trieLookup(lib, code, known, map, key);
    case 'ring':
      return i32.const(0);
  }
}

/** i32: what map_lookup_elem gives: the value's address, or that of the map in it. */
export function lookupForProgram(lib: Library, code: Code, known: KnownMap, map: Local, key: MapKey): Expr {
  const value = lookupValue(lib, code, known, map, key);
  if (!holdsMaps(known.shape.type)) return value;
  const kept = code.keep('i32', value);
  code.if(get(kept), () => code.set(kept, i32.load(get(kept))));
  return get(kept);
}

/** Whether Node's side alone writes the map's entries. */
export const isReadOnly = ({ shape }: KnownMap): boolean => shape.readOnly || holdsReferences(shape.type);

/** i64: 0 or minus an errno. Operands are i32: addresses and flags. */
export function updateEntry(lib: Library, known: KnownMap, map: Local, key: Expr, value: Expr, flags: Expr): Expr {
  switch (layoutOf(known.shape.type)) {
    case 'array':
      return call(arrayUpdate(lib, known), get(map), key, value, flags);
    case 'hash':
      return call(hashUpdate(lib, known), get(map), key, value, flags);
    case 'trie':
      return i64.extend_s(lib.imported('updateTrie', get(map), key, value, flags));
    case 'slots':
    case 'ring':
      return error('EINVAL');
  }
}

/** i64: 0 or minus an errno. */
export function deleteEntry(lib: Library, known: KnownMap, map: Local, key: Expr): Expr {
  switch (layoutOf(known.shape.type)) {
    case 'hash':
      return call(hashDelete(lib, known), get(map), key);
    case 'trie':
      return i64.extend_s(lib.imported('deleteTrie', get(map), key));
    case 'array':
    case 'slots':
    case 'ring':
      return error('EINVAL');
  }
}
