import { FRONT_ENTRIES, FRONT_SLOT_BITS, frontShape } from '@twinpath/compiler/abi';
import { be16, prefix, u8, u32 } from '@twinpath/vnf';
import { layoutOf } from '@twinpath/vnf/layout';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrange, fold, layOut } from './layout.ts';

const shapes = {
  'a key of three bytes': frontShape({ key: { ...layoutOf({ a: u8, b: be16 }), size: 3 }, valueSize: 8 }),
  'an address of a trie': frontShape({ key: layoutOf(prefix, { family: 4 }), valueSize: 16 }),
  'a key of several words': frontShape({ key: layoutOf({ a: u32, b: u32, c: u32, d: be16, e: u8 }), valueSize: 8 }),
};

describe.each(Object.entries(shapes))('a front of %s', (_, shape) => {
  const { keySize, slotShift, valueOffset } = shape;
  const key = fc.uint8Array({ minLength: keySize, maxLength: keySize, max: 3 });
  /** As programs look. */
  const lookIn = (slots: Uint8Array, factor: bigint, wanted: Uint8Array) => {
    const slot = Number(BigInt.asUintN(64, fold(wanted) * factor) >> BigInt(64 - FRONT_SLOT_BITS)) << slotShift;
    const isThere = Buffer.compare(slots.subarray(slot, slot + keySize), wanted) === 0;
    return isThere ? slots.subarray(slot + valueOffset, slot + valueOffset + 8) : undefined;
  };

  it('has the entries that were put there, and no other', () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: FRONT_ENTRIES }), key, (given, other) => {
        const wanted = [...new Map(given.map((one) => [one.join(), one])).values()];
        const { keys, factor } = arrange(wanted);
        expect(keys).toEqual(wanted);
        const slots = new Uint8Array(1 << (FRONT_SLOT_BITS + slotShift)).fill(0xee);
        const values = keys.map((_one, index) => new Uint8Array(8).fill(index + 1));
        layOut(
          slots,
          shape,
          factor,
          keys.map((one, index) => [one, values[index] ?? new Uint8Array(8)]),
        );
        expect(keys.map((one) => lookIn(slots, factor, one))).toEqual(values);
        if (!keys.some((one) => one.join() === other.join())) expect(lookIn(slots, factor, other)).toBeUndefined();
        if (!keys.some((one) => one.every((byte) => byte === 0)))
          expect(lookIn(slots, factor, new Uint8Array(keySize))).toBeUndefined();
      }),
    );
  });
});

it('leaves out the second of two keys that fold to one word', () => {
  const one = new Uint8Array(16);
  const view = new DataView(one.buffer);
  view.setBigUint64(0, 1n, true);
  const other = new Uint8Array(16);
  new DataView(other.buffer).setBigUint64(8, fold(one), true);
  expect(fold(other)).toBe(fold(one));
  expect(arrange([one, other]).keys).toEqual([one]);
});
