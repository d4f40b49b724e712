// Lookups in tries of prefixes. A node holds its prefix as 64-bit numbers, most significant bit first, so that a lookup
// swaps the bytes of the key once and compares with xor and count of leading zeros.

import { swap32, swap64 } from '../wasm/byte-swap.ts';
import type { Code } from '../wasm/code.ts';
import { call, type Expr, get, i32, i64, type Local, select } from '../wasm/expressions.ts';
import type { Library } from '../wasm/library.ts';
import { baseOf, type KnownMap } from './known-map.ts';
import type { MapKey } from './map-key.ts';
import { HEADER, NODE, NODE_STATE, nodeValue, wordsOf } from './shape.ts';

/** Of a key: the length of the prefix. */
const LENGTH_BYTES = 4;

/** i32: address of the value of the longest prefix that is no longer than the key's, or 0. */
export function trieLookup(lib: Library, code: Code, known: KnownMap, map: Local, key: MapKey): Expr {
  const { shape } = known;
  const limit = i32.wrap(key.load({ offset: 0, bytes: LENGTH_BYTES }));
  const words = Array.from({ length: wordsOf(shape) }, (_, word) =>
    bigEndian(code, key, LENGTH_BYTES + 8 * word, Math.min(8, shape.keySize - LENGTH_BYTES - 8 * word)),
  );
  return call(lookupFunction(lib, known), get(map), limit, ...words);
}

/** (map, length of the key's prefix, ...its 64-bit words) → address of the value, or 0. */
function lookupFunction(lib: Library, known: KnownMap): number {
  const { shape } = known;
  const bits = 8 * (shape.keySize - LENGTH_BYTES);
  const types = ['i32', 'i32', ...Array<'i64'>(wordsOf(shape)).fill('i64')] as const;
  return lib.function(`trie lookup ${known.key}`, types, ['i32'], (code, map = 0, limit = 0, ...wanted) => {
    code.if(i32.gt_u(get(limit), i32.const(bits)), () => code.return(i32.const(0)));
    const node = code.keep('i32', i32.load(baseOf(known, map), HEADER.root));
    const best = code.local('i32');
    const length = code.local('i32');
    code.block((done) => {
      code.loop((next) => {
        code.brIf(done, i32.eqz(get(node)));
        code.set(length, i32.load(get(node), NODE.length));
        code.brIf(done, i32.gt_u(get(length), get(limit)));
        code.brIf(done, i32.lt_u(commonBits(node, wanted), get(length)));
        const isValue = i32.eq(i32.load(get(node), NODE.state), i32.const(NODE_STATE.value));
        code.set(best, select(get(node), get(best), isValue));
        code.brIf(done, i32.eq(get(length), i32.const(bits)));
        const child = i32.shl(bitAt(wanted, length), i32.const(2));
        code.set(node, i32.load(i32.add(get(node), child), NODE.child0));
        code.br(next);
      });
    });
    code.return(select(i32.add(get(best), i32.const(nodeValue(shape))), i32.const(0), get(best)));
    code.unreachable();
  });
}

/** i64: up to 8 bytes as a number, the first byte in the highest bits. */
function bigEndian(code: Code, key: MapKey, offset: number, bytes: number): Expr {
  if (bytes === 8) return swap64(code, key.load({ offset, bytes }));
  if (bytes === 4) {
    return i64.shl(i64.extend_u(swap32(code, i32.wrap(key.load({ offset, bytes })))), i64.const(32));
  }
  const parts = Array.from({ length: bytes }, (_, index) =>
    i64.shl(key.load({ offset: offset + index, bytes: 1 }), i64.const(56 - 8 * index)),
  );
  return parts.reduce(i64.or);
}

/** i32: how many bits of the node's prefix and the key agree from the first on. */
function commonBits(node: Local, wanted: readonly Local[]): Expr {
  const difference = (word: number, local: Local) => i64.xor(i64.load(get(node), NODE.words + 8 * word), get(local));
  return wanted.reduceRight<Expr>((rest, local, word) => {
    const own = i32.wrap(i64.clz(difference(word, local)));
    if (word === wanted.length - 1) return own;
    return select(i32.add(i32.const(64), rest), own, i64.eqz(difference(word, local)));
  }, i32.const(0));
}

/** i32: the key's bit at `length`, which lies inside of it. */
function bitAt(wanted: readonly Local[], length: Local): Expr {
  const word = wanted.reduceRight<Expr | undefined>(
    (rest, local, index) =>
      rest === undefined ? get(local) : select(get(local), rest, i32.lt_u(get(length), i32.const(64 * (index + 1)))),
    undefined,
  );
  // Shifts count modulo 64.
  const shift = i64.extend_u(i32.sub(i32.const(63), get(length)));
  return i32.wrap(i64.and(i64.shr_u(word ?? i64.const(0), shift), i64.const(1)));
}
