import type { Code } from '../wasm/code.ts';
import { type Expr, get, i32, i64, type Local, select } from '../wasm/expressions.ts';
import type { Library } from '../wasm/library.ts';
import { UPDATE } from './errno.ts';
import { error } from './hash-code.ts';
import { baseOf, fixed, type KnownMap } from './known-map.ts';
import { keyAt, type MapKey } from './map-key.ts';
import { HEADER_BYTES, slotBytes, slotPresent, strideOf } from './shape.ts';
import { copyValue } from './value.ts';

/** i32: address of this CPU's value of an element that exists. Each CPU's values lie together. */
function elementAt(lib: Library, known: KnownMap, map: Local, index: Expr): Expr {
  const { shape } = known;
  const stride = strideOf(shape);
  const first = known.geometry
    ? i32.const(known.geometry.base + HEADER_BYTES)
    : i32.add(baseOf(known, map), i32.const(HEADER_BYTES));
  const element = i32.add(first, i32.mul(index, i32.const(stride)));
  if (shape.cpus === 1) return element;
  const perCpu = i32.mul(fixed(known, 'maxEntries', map), i32.const(stride));
  return i32.add(element, i32.mul(lib.cpu, perCpu));
}

const indexIn = (key: MapKey): Expr => i32.wrap(key.load({ offset: 0, bytes: 4 }));

/** i32: address of the value, or 0. Short enough to stand where it is needed. */
export function arrayLookup(lib: Library, code: Code, known: KnownMap, map: Local, key: MapKey): Expr {
  const index = code.keep('i32', indexIn(key));
  const inside = i32.lt_u(get(index), fixed(known, 'maxEntries', map));
  return select(elementAt(lib, known, map, get(index)), i32.const(0), inside);
}

/** (map, key, value, flags) → 0 or minus an errno, i64. */
export function arrayUpdate(lib: Library, known: KnownMap): number {
  const types = ['i32', 'i32', 'i32', 'i32'] as const;
  return lib.function(`array update ${known.key}`, types, ['i64'], (code, map = 0, key = 0, value = 0, flags = 0) => {
    code.if(i32.gt_u(i32.and(get(flags), i32.const(~UPDATE.lock)), i32.const(UPDATE.exist)), () =>
      code.return(error('EINVAL')),
    );
    const element = code.keep('i32', arrayLookup(lib, code, known, map, keyAt(get(key))));
    code.if(i32.eqz(get(element)), () => code.return(error('E2BIG')));
    code.if(i32.and(get(flags), i32.const(UPDATE.noExist)), () => code.return(error('EEXIST')));
    copyValue(code, known.shape, element, value, 0);
    code.return(i64.const(0));
    code.unreachable();
  });
}

/** i32: address of the entry's value, or 0 when it is absent. */
export function slotLookup(code: Code, known: KnownMap, map: Local, key: MapKey): Expr {
  const { shape } = known;
  const index = code.keep('i32', indexIn(key));
  const at = i32.add(baseOf(known, map), i32.mul(get(index), i32.const(slotBytes(shape))));
  const slot = code.keep('i32', i32.add(at, i32.const(HEADER_BYTES)));
  const result = code.local('i32');
  code.set(result, i32.const(0));
  code.if(i32.lt_u(get(index), fixed(known, 'maxEntries', map)), () =>
    code.set(result, select(get(slot), i32.const(0), i32.load(get(slot), slotPresent(shape)))),
  );
  return get(result);
}
