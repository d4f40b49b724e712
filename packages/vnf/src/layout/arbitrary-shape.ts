// Random shapes with random values of them, for property tests.

import { canonicalIp, canonicalMac, protocolName } from '@twinpath/packet';
import fc, { type Arbitrary } from 'fast-check';
import { bool, guard, ip, ip4, ip6, mac, oneOf, portName, protocol, text, traffic } from '../types/fields.ts';
import { be16, be32, count64, instant, u8, u16, u32, u64 } from '../types/integers.ts';
import type { Shape, Type } from '../types/type.ts';
import type { Family } from '../types/type-spec.ts';

export const PORTS = ['left', 'right', 'up'];

interface Field {
  readonly type: Type<unknown, unknown>;
  readonly value: Arbitrary<unknown>;
}

export const anyIp4 = fc.ipV4().map((address) => canonicalIp(address));
/** Without multicast of scope 0, which no shape can hold. */
export const anyIp6 = fc
  .ipV6()
  .map((address) => canonicalIp(address))
  .filter((address) => !address.startsWith('ff00:'));
export const anyMac = fc
  .uint8Array({ minLength: 6, maxLength: 6 })
  .map((bytes) => canonicalMac([...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':')));
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const ascii = (size: number) =>
  fc.string({ unit: fc.integer({ min: 1, max: 127 }).map((code) => String.fromCharCode(code)), maxLength: size });

const PLAIN: readonly Field[] = [
  { type: u8, value: fc.nat({ max: 0xff }) },
  { type: u16, value: fc.nat({ max: 0xffff }) },
  { type: u32, value: fc.nat({ max: 0xffff_ffff }) },
  { type: be16, value: fc.nat({ max: 0xffff }) },
  { type: be32, value: fc.nat({ max: 0xffff_ffff }) },
  { type: u64, value: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }) },
  { type: count64, value: count },
  { type: instant, value: count },
  { type: bool, value: fc.boolean() },
  { type: ip4, value: anyIp4 },
  { type: ip6, value: anyIp6 },
  { type: mac, value: anyMac },
  { type: portName, value: fc.constantFrom(...PORTS) },
  { type: protocol, value: fc.nat({ max: 255 }).map(protocolName) },
  { type: text(5), value: ascii(5) },
  { type: oneOf('red', 'green', 'blue'), value: fc.constantFrom('red', 'green', 'blue') },
];
const EITHER: Field = { type: ip, value: fc.oneof(anyIp4, anyIp6) };
const OF_VALUES: readonly Field[] = [
  { type: traffic, value: fc.record({ packets: count, bytes: count }) },
  { type: guard, value: fc.constant(undefined) },
];

export interface Sample {
  readonly shape: Shape;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Nested up to twice. `family`: a key of that family; without it a value. */
export function anySample(family?: Family): Arbitrary<Sample> {
  const address: Field = family === undefined ? EITHER : { type: ip, value: family === 4 ? anyIp4 : anyIp6 };
  const leaves = family === undefined ? [...PLAIN, address, ...OF_VALUES] : [...PLAIN, address];
  const leaf = fc.constantFrom(...leaves).chain(({ type, value }) => value.map((given) => [type, given] as const));
  const { sample } = fc.letrec<{ sample: Sample; part: readonly [Type<unknown, unknown> | Shape, unknown] }>((tie) => ({
    part: fc.oneof(
      { maxDepth: 2 },
      leaf,
      tie('sample').map(({ shape, value }) => [shape, value] as const),
    ),
    sample: fc
      .array(fc.tuple(fieldName, tie('part')), { minLength: 1, maxLength: 7 })
      .map((parts) => new Map(parts))
      .map((parts) => ({
        shape: Object.fromEntries([...parts].map(([name, [part]]) => [name, part])),
        value: Object.fromEntries(
          [...parts].filter(([, [, value]]) => value !== undefined).map(([name, [, value]]) => [name, value]),
        ),
      })),
  }));
  return sample;
}

const fieldName = fc.stringMatching(/^[a-z]{1,3}$/).map((name) => `f_${name}`);
