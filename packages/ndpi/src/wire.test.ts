import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  decodeFindings,
  decodeShown,
  encodeFindings,
  encodeShown,
  type Finding,
  Messages,
  type Shown,
} from './wire.ts';

const u16 = fc.integer({ min: 0, max: 0xffff });
const shown: fc.Arbitrary<Shown> = fc.record(
  {
    flow: fc.integer({ min: 0, max: 0xffff_ffff }),
    at: fc.double({ noNaN: true }),
    packet: fc.uint8Array({ minLength: 1, maxLength: 60 }),
    then: fc.constantFrom('decide' as const, 'forget' as const),
  },
  { requiredKeys: ['flow', 'at'] },
);
const finding: fc.Arbitrary<Finding> = fc.record({
  flow: fc.integer({ min: 0, max: 0xffff_ffff }),
  application: u16,
  protocol: u16,
  category: u16,
  isFinal: fc.boolean(),
  risks: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
});
/** Through a pipe that cuts where it likes. */
function piped(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const messages = new Messages();
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return places.flatMap((place, index) => {
    return [...messages.add(bytes.slice(places[index - 1] ?? 0, place))].map((body) => Uint8Array.from(body));
  });
}

it('eDPI 5: brings packets through the pipe, however it is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.array(shown)), fc.array(fc.nat()), (batches, cuts) => {
      const all = Buffer.concat(batches.map(encodeShown));
      const seen = piped(all, cuts).map((body) => [...decodeShown(body)].map(plain));
      expect(seen).toEqual(batches.map((batch) => batch.map(plain)));
    }),
  );
});
const plain = (record: Shown) => ({ ...record, packet: record.packet && [...record.packet] });

it('eDPI 5: brings findings back, however the pipe is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.array(finding)), fc.array(fc.nat()), (batches, cuts) => {
      const all = Buffer.concat(batches.map(encodeFindings));
      expect(piped(all, cuts).map(decodeFindings)).toEqual(batches);
    }),
  );
});

it('cuts packets that are larger than nDPI takes', () => {
  const [body = new Uint8Array(0)] = piped(encodeShown([{ flow: 1, at: 0, packet: new Uint8Array(70_000) }]), []);
  expect([...decodeShown(body)][0]?.packet).toHaveLength(0xffff);
});
