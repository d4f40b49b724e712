import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BerError, encode, integer, oid, Reader, TAG, toInteger, toOid } from './ber.ts';
import { CommunityConversation } from './community.ts';

test('integers and names are what they were', () => {
  const numbers = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  fc.assert(
    fc.property(numbers, (value) => {
      expect(toInteger(new Reader(integer(value)).expect(TAG.integer))).toBe(value);
    }),
  );
  const parts = fc.array(fc.nat({ max: 2 ** 31 }), { maxLength: 20 });
  fc.assert(
    fc.property(fc.nat({ max: 1 }), fc.nat({ max: 39 }), parts, (first, second, others) => {
      const name = [first, second, ...others].join('.');
      expect(toOid(new Reader(oid(name)).expect(TAG.oid))).toBe(name);
    }),
  );
});

test('integers are as short as can be (X.690, section 8.3.2)', () => {
  const bytes = [0, 127, 128, -128, -129, 65_535].map((value) => Buffer.from(integer(value)).toString('hex'));
  expect(bytes).toEqual(['020100', '02017f', '02020080', '020180', '0202ff7f', '020300ffff']);
});

test('a question is what snmpget sends', () => {
  const { opening } = new CommunityConversation('public', { oids: ['1.3.6.1.4.1.2021.10.1.5.1'] }, 1);
  expect(Buffer.from(opening).toString('hex')).toBe(
    '302902010104067075626c6963a01c0201010201000201003011300f060b2b060104018f650a0105010500',
  );
});

const hear = (message: Uint8Array) => new CommunityConversation('public', { oids: [] }, 7).hear(message);
const answer = (id: number, status: number, ...values: readonly Uint8Array[]) =>
  encode(
    TAG.sequence,
    integer(1),
    encode(TAG.octets, Buffer.from('public')),
    encode(
      0xa2,
      integer(id),
      integer(status),
      integer(0),
      encode(TAG.sequence, ...values.map((value, index) => encode(TAG.sequence, oid(`1.3.6.${index}`), value))),
    ),
  );

test('answers give numbers and texts, and nothing for what is not there', () => {
  const values = [
    integer(-5),
    encode(TAG.gauge32, Buffer.from('ffffffff', 'hex')),
    encode(TAG.octets, Buffer.from('0.42')),
  ];
  const missing = [TAG.noSuchObject, TAG.noSuchInstance, TAG.endOfMibView].map((tag) => encode(tag));
  expect([...(hear(answer(7, 0, ...values, ...missing))?.values() ?? [])]).toEqual([
    -5,
    0xffff_ffff,
    '0.42',
    undefined,
    undefined,
    undefined,
  ]);
});

test('an answer to another question is none, and an error is one', () => {
  expect(hear(answer(8, 0, integer(1)))).toBeUndefined();
  expect(() => hear(answer(7, 5))).toThrow('error 5');
});

test('whatever comes instead of an answer is refused, and never read beyond its end', () => {
  const good = answer(7, 0, integer(1));
  fc.assert(
    fc.property(
      fc.nat({ max: good.length - 1 }),
      fc.nat({ max: 255 }),
      fc.nat({ max: good.length }),
      (at, byte, length) => {
        const bad = Uint8Array.from(good.with(at, byte).subarray(0, length));
        try {
          hear(bad);
        } catch (error) {
          expect(error instanceof BerError || String(error).includes('the agent answered')).toBe(true);
        }
      },
    ),
    { numRuns: 500 },
  );
});
