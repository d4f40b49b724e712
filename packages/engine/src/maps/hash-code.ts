// Code for hash tables. Chains end with an odd word that names their bucket: a reader on another thread whose element is
// used anew meanwhile ends in another bucket, and starts again.

import { STATE } from '../memory/cpu-state.ts';
import type { Code } from '../wasm/code.ts';
import { call, type Expr, get, i32, i64, type Local } from '../wasm/expressions.ts';
import type { Library } from '../wasm/library.ts';
import { copy, equal, pieces, zero } from './bytes.ts';
import { ERRNO, UPDATE } from './errno.ts';
import { baseOf, fixed, type KnownMap } from './known-map.ts';
import { lock, unlock } from './lock.ts';
import { keyAt, type MapKey } from './map-key.ts';
import { ELEMENT, ELEMENT_STATE, elementBytes, elementValue, HEADER, isLru, type MapShape, strideOf } from './shape.ts';
import { copyValue, cpuOffset } from './value.ts';

const MULTIPLIER = 0x9e37_79b9_7f4a_7c15n;

/** The pieces of a key, i64 each: what functions that search take. */
type KeyPieces = readonly Local[];
const keyTypes = ({ keySize }: MapShape) => pieces(keySize).map(() => 'i64' as const);
const keyPieces = (code: Code, { keySize }: MapShape, key: MapKey): KeyPieces =>
  pieces(keySize).map((piece) => code.keep('i64', key.load(piece)));

/** The hash of a key, 32 bits. */
function emitHash(lib: Library, code: Code, key: KeyPieces): Local {
  const mixed = code.keep('i64', i64.const(lib.seed));
  for (const piece of key) {
    code.set(mixed, i64.mul(i64.xor(get(mixed), get(piece)), i64.const(MULTIPLIER)));
    code.set(mixed, i64.xor(get(mixed), i64.shr_u(get(mixed), i64.const(32))));
  }
  return code.keep('i32', i32.wrap(get(mixed)));
}

/** The element with the key, or 0. */
function emitFind(lib: Library, code: Code, known: KnownMap, map: Local, key: KeyPieces, hash: Local): Local {
  const number = code.keep('i32', i32.and(get(hash), fixed(known, 'mask', map)));
  const bucket = code.keep('i32', bucketAt(known, map, get(number)));
  const element = code.local('i32');
  code.block((done) => {
    code.loop((again) => {
      code.set(element, i32.load(get(bucket)));
      code.loop((next) => {
        code.if(i32.and(get(element), i32.const(1)), () => {
          if (lib.shared) code.brIf(again, i32.ne(i32.shr_u(get(element), i32.const(1)), get(number)));
          code.set(element, i32.const(0));
          code.br(done);
        });
        code.if(i32.eq(i32.load(get(element), ELEMENT.hash), get(hash)), () =>
          code.brIf(done, equal(key, known.shape.keySize, get(element), ELEMENT.key)),
        );
        code.set(element, i32.load(get(element), ELEMENT.next));
        code.br(next);
      });
    });
  });
  return element;
}

function bucketAt(known: KnownMap, map: Local, number: Expr): Expr {
  return i32.add(fixed(known, 'buckets', map), i32.shl(number, i32.const(2)));
}

/** i32: address of this CPU's value, or 0. */
export function hashLookup(lib: Library, known: KnownMap, map: Local, key: MapKey): Expr {
  return call(lookupFunction(lib, known), get(map), ...pieces(known.shape.keySize).map((piece) => key.load(piece)));
}

/** (map, ...pieces of the key) → address of this CPU's value, or 0. */
function lookupFunction(lib: Library, known: KnownMap): number {
  const { shape } = known;
  const types = ['i32', ...keyTypes(shape)] as const;
  return lib.function(`hash lookup ${known.key}`, types, ['i32'], (code, map = 0, ...key) => {
    const element = emitFind(lib, code, known, map, key, emitHash(lib, code, key));
    code.if(i32.eqz(get(element)), () => code.return(i32.const(0)));
    if (isLru(shape.type)) {
      // Written only when it changes: other CPUs read the line.
      code.if(i32.ne(i32.load(get(element), ELEMENT.state), i32.const(ELEMENT_STATE.recent)), () =>
        code.add(i32.store(get(element), i32.const(ELEMENT_STATE.recent), ELEMENT.state)),
      );
    }
    const value = i32.add(get(element), i32.const(elementValue(shape)));
    code.return(shape.cpus === 1 ? value : i32.add(value, cpuOffset(lib, shape)));
    code.unreachable();
  });
}

/** (map, key, value, flags) → 0 or minus an errno, i64. */
export function hashUpdate(lib: Library, known: KnownMap): number {
  const types = ['i32', 'i32', 'i32', 'i32'] as const;
  return lib.function(`hash update ${known.key}`, types, ['i64'], (code, map = 0, key = 0, value = 0, flags = 0) => {
    code.if(i32.gt_u(i32.and(get(flags), i32.const(~UPDATE.lock)), i32.const(UPDATE.exist)), () =>
      code.return(error('EINVAL')),
    );
    const wanted = keyPieces(code, known.shape, keyAt(get(key)));
    const hash = emitHash(lib, code, wanted);
    const base = baseOf(known, map);
    const lockAt = i32.add(base, i32.const(HEADER.lock));
    const result = code.keep('i64', i64.const(0));
    lock(lib, code, lockAt, STATE.mapLock);
    const element = emitFind(lib, code, known, map, wanted, hash);
    const mode = i32.and(get(flags), i32.const(~UPDATE.lock));
    code.if(
      get(element),
      () =>
        code.if(
          i32.eq(mode, i32.const(UPDATE.noExist)),
          () => code.set(result, error('EEXIST')),
          () => writeExisting(lib, code, known, { map, key, value, flags, hash, element }),
        ),
      () =>
        code.if(
          i32.eq(mode, i32.const(UPDATE.exist)),
          () => code.set(result, error('ENOENT')),
          () => insert(lib, code, known, { map, key, value, flags, hash, element }, result),
        ),
    );
    unlock(lib, code, lockAt, STATE.mapLock);
    code.return(get(result));
    code.unreachable();
  });
}

/** (map, key) → 0 or minus ENOENT, i64. */
export function hashDelete(lib: Library, known: KnownMap): number {
  return lib.function(`hash delete ${known.key}`, ['i32', 'i32'], ['i64'], (code, map = 0, key = 0) => {
    const lockAt = i32.add(baseOf(known, map), i32.const(HEADER.lock));
    lock(lib, code, lockAt, STATE.mapLock);
    const wanted = keyPieces(code, known.shape, keyAt(get(key)));
    const element = emitFind(lib, code, known, map, wanted, emitHash(lib, code, wanted));
    code.if(get(element), () => code.add(call(removeElement(lib, known), get(map), get(element))));
    unlock(lib, code, lockAt, STATE.mapLock);
    code.return(i64.mul(i64.extend_u(i32.eqz(get(element))), error('ENOENT')));
    code.unreachable();
  });
}

export const error = (name: keyof typeof ERRNO): Expr => i64.const(-ERRNO[name]);

interface Update {
  readonly map: Local;
  readonly key: Local;
  readonly value: Local;
  readonly flags: Local;
  readonly hash: Local;
  readonly element: Local;
}

function writeExisting(lib: Library, code: Code, known: KnownMap, update: Update): void {
  const { shape } = known;
  const { map, element, flags } = update;
  const inPlace = () => writeValue(lib, code, shape, element, update.value);
  if (shape.cpus > 1 || /percpu/.test(shape.type)) {
    inPlace();
    return;
  }
  // As in the kernel an entry is replaced: who has its value's address goes on seeing the old one.
  const replace = () => {
    const fresh = fill(lib, code, known, update);
    const link = code.keep('i32', call(linkTo(lib, known), get(map), get(element)));
    code.add(i32.store(get(fresh), i32.load(get(element), ELEMENT.next), ELEMENT.next));
    publish(lib, code, get(link), get(fresh));
    code.add(call(freeElement(lib, known), get(map), get(element)));
  };
  if (shape.lockOffset === undefined) {
    replace();
    return;
  }
  code.if(i32.and(get(flags), i32.const(UPDATE.lock)), inPlace, replace);
}

function insert(lib: Library, code: Code, known: KnownMap, update: Update, result: Local): void {
  const { map, hash } = update;
  const base = baseOf(known, map);
  const count = i32.load(base, HEADER.count);
  const full = i32.ge_u(count, fixed(known, 'maxEntries', map));
  const add = () => {
    const fresh = fill(lib, code, known, update);
    const bucket = bucketAt(known, map, i32.and(get(hash), fixed(known, 'mask', map)));
    code.add(i32.store(get(fresh), i32.load(bucket), ELEMENT.next));
    publish(lib, code, bucket, get(fresh));
    code.add(i32.store(base, i32.add(count, i32.const(1)), HEADER.count));
  };
  if (isLru(known.shape.type)) {
    code.if(full, () => code.add(call(evict(lib, known), get(map))));
    add();
    return;
  }
  code.if(full, () => code.set(result, error('E2BIG')), add);
}

/** Links the element in; on other threads it is complete as soon as it is seen. */
function publish(lib: Library, code: Code, link: Expr, element: Expr): void {
  code.add(lib.shared ? i32.atomic.store(link, element) : i32.store(link, element));
}

/** A free element with key, hash and value. */
function fill(lib: Library, code: Code, known: KnownMap, { map, key, value, hash }: Update): Local {
  const { shape } = known;
  const base = baseOf(known, map);
  const fresh = code.keep('i32', i32.load(base, HEADER.freeFirst));
  // There are more elements than entries may be: the list is never empty.
  code.add(i32.store(base, i32.load(get(fresh), ELEMENT.nextFree), HEADER.freeFirst));
  code.add(i32.store(get(fresh), get(hash), ELEMENT.hash));
  code.add(i32.store(get(fresh), i32.const(ELEMENT_STATE.used), ELEMENT.state));
  copy(code, shape.keySize, fresh, key, ELEMENT.key);
  const start = elementValue(shape);
  if (shape.cpus > 1) zero(code, shape.cpus * strideOf(shape), i32.add(get(fresh), i32.const(start)));
  if (shape.lockOffset !== undefined) code.add(i32.store(get(fresh), i32.const(0), start + shape.lockOffset));
  writeValue(lib, code, shape, fresh, value);
  return fresh;
}

function writeValue(lib: Library, code: Code, shape: MapShape, element: Local, value: Local): void {
  if (shape.cpus === 1) {
    copyValue(code, shape, element, value, elementValue(shape));
    return;
  }
  const own = code.keep('i32', i32.add(get(element), cpuOffset(lib, shape)));
  copyValue(code, shape, own, value, elementValue(shape));
}

/** (map, element) → address of the word that links to it. */
function linkTo(lib: Library, known: KnownMap): number {
  return lib.function(`hash link ${known.key}`, ['i32', 'i32'], ['i32'], (code, map = 0, element = 0) => {
    const number = i32.and(i32.load(get(element), ELEMENT.hash), fixed(known, 'mask', map));
    const link = code.keep('i32', bucketAt(known, map, number));
    code.loop((next) => {
      code.if(i32.ne(i32.load(get(link)), get(element)), () => {
        code.set(link, i32.add(i32.load(get(link)), i32.const(ELEMENT.next)));
        code.br(next);
      });
    });
    code.return(get(link));
    code.unreachable();
  });
}

/** (map, element): at the end of the free ones. Its own link stays, for those who are reading it. */
function freeElement(lib: Library, known: KnownMap): number {
  return lib.function(`hash free ${known.key}`, ['i32', 'i32'], [], (code, map = 0, element = 0) => {
    const base = baseOf(known, map);
    code.add(i32.store(get(element), i32.const(0), ELEMENT.nextFree));
    code.add(i32.store(get(element), i32.const(ELEMENT_STATE.free), ELEMENT.state));
    code.add(i32.store(i32.load(base, HEADER.freeLast), get(element), ELEMENT.nextFree));
    code.add(i32.store(base, get(element), HEADER.freeLast));
  });
}

/** (map, element): out of its chain. */
function removeElement(lib: Library, known: KnownMap): number {
  return lib.function(`hash remove ${known.key}`, ['i32', 'i32'], [], (code, map = 0, element = 0) => {
    const base = baseOf(known, map);
    const link = call(linkTo(lib, known), get(map), get(element));
    publish(lib, code, link, i32.load(get(element), ELEMENT.next));
    code.add(call(freeElement(lib, known), get(map), get(element)));
    code.add(i32.store(base, i32.sub(i32.load(base, HEADER.count), i32.const(1)), HEADER.count));
  });
}

/** (map): removes an entry that was not used since the hand came by last. */
function evict(lib: Library, known: KnownMap): number {
  return lib.function(`hash evict ${known.key}`, ['i32'], [], (code, map = 0) => {
    const base = baseOf(known, map);
    const hand = code.keep('i32', i32.load(base, HEADER.hand));
    const element = code.local('i32');
    const state = i32.load(get(element), ELEMENT.state);
    code.loop((next) => {
      code.set(hand, i32.add(get(hand), i32.const(1)));
      code.if(i32.ge_u(get(hand), fixed(known, 'capacity', map)), () => code.set(hand, i32.const(0)));
      const at = i32.mul(get(hand), i32.const(elementBytes(known.shape)));
      code.set(element, i32.add(fixed(known, 'elements', map), at));
      code.if(i32.eq(state, i32.const(ELEMENT_STATE.recent)), () => {
        code.add(i32.store(get(element), i32.const(ELEMENT_STATE.used), ELEMENT.state));
        code.br(next);
      });
      code.brIf(next, i32.eq(state, i32.const(ELEMENT_STATE.free)));
    });
    code.add(i32.store(base, get(hand), HEADER.hand));
    code.add(call(removeElement(lib, known), get(map), get(element)));
  });
}
