import type { FiveTuple } from '@twinpath/packet';
import { type Codec, codec } from '../layout/codec.ts';
import { familyOf } from '../layout/family.ts';
import { holdsIp, layoutOf } from '../layout/layout.ts';
import { getU32 } from '../layout/little-endian.ts';
import { fiveTuple } from '../types/five-tuple.ts';
import type { u32 } from '../types/integers.ts';
import type { Fast, KeyShape } from '../types/type.ts';
import type { Family } from '../types/type-spec.ts';
import { hashKeys, multilinear } from './hash-keys.ts';
import { randomU32 } from './random.ts';

let instanceSeed = randomU32();

/** Gives this process the seed of the instance whose slow path it runs, so that both paths place a flow alike. */
export function useHashSeed(seed: u32): void {
  instanceSeed = seed;
}

/** 32-bit keyed hash; the same number in both paths. Default seed: random, made when the instance starts. */
export function hash(flow: FiveTuple, seed?: u32): u32 {
  return hashValue(fiveTuple, flow, seed);
}

/** The same of any shape, whose `ip` fields are all of one family. @throws EncodeError */
export function hashOf<const S extends KeyShape>(shape: S, value: Fast<S>, seed?: u32): u32 {
  return hashValue(shape, value, seed);
}

function hashValue(shape: KeyShape, value: unknown, seed: u32 = instanceSeed): u32 {
  const bytes = codecFor(shape, familyOf(shape, value)).encode(value);
  const words = Array.from({ length: Math.ceil(bytes.length / 4) }, (_, index) => getU32(bytes, 4 * index));
  return multilinear(words, keysFor(seed, words.length + 1));
}

const codecs = new WeakMap<KeyShape, Map<Family | undefined, Codec>>();

function codecFor(shape: KeyShape, family: Family | undefined): Codec {
  const ofShape = codecs.get(shape) ?? new Map<Family | undefined, Codec>();
  codecs.set(shape, ofShape);
  // A value without an address where the shape has one is refused by the codec, whatever the family.
  const made = ofShape.get(family) ?? codec(layoutOf(shape, holdsIp(shape) ? { family: family ?? 4 } : {}));
  ofShape.set(family, made);
  return made;
}

/** Of the seed used last: slow paths hash with one or two. */
let keys: { readonly seed: u32; readonly of: readonly bigint[] } = { seed: 0, of: [] };

function keysFor(seed: u32, count: number): readonly bigint[] {
  if (keys.seed !== seed || keys.of.length < count) keys = { seed, of: hashKeys(seed, count) };
  return keys.of;
}
