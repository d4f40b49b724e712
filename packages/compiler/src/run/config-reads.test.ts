import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigReads } from './config-reads.ts';

/** What a reader makes of a configuration. */
type Read = (config: Given) => unknown;
interface Given {
  readonly [name: string]: unknown;
  readonly mode?: string;
  readonly rules?: readonly { readonly port: number }[];
}

const READS: readonly (readonly [string, Read])[] = [
  ['a member', ({ mode }) => mode],
  ['whether there is one', (config) => Object.hasOwn(config, 'mode')],
  ['a length', ({ rules }) => rules !== undefined && Object.hasOwn(rules, 'length') && rules.length],
  ['a member of an element', ({ rules }) => rules?.[0]?.port],
  ['all elements', ({ rules }) => rules?.map(({ port }) => port)],
  ['all members, in order', (config) => Object.entries(config).map(([name, value]) => [name, typeof value])],
];

const configs = fc.record(
  {
    mode: fc.constantFrom('a', 'b'),
    rules: fc.array(fc.record({ port: fc.nat(2), rest: fc.nat(3) }), { maxLength: 3 }),
    other: fc.nat(5),
  },
  { requiredKeys: [] },
);

describe('what is read of a configuration', () => {
  test.each(READS)('%s: what differs there is seen, and never missed', (_, read) => {
    fc.assert(
      fc.property(configs, configs, (one, other) => {
        const reads = new ConfigReads(Object.freeze(one));
        // As plain as the configuration itself.
        const given = reads.config as Given;
        expect(read(given)).toEqual(read(one));
        expect(reads.isSame(structuredClone(one))).toBe(true);
        if (JSON.stringify(read(other)) !== JSON.stringify(read(one))) expect(reads.isSame(other)).toBe(false);
        // What another thread is told of it.
        const there = new ConfigReads(structuredClone(one), structuredClone(reads.reads));
        expect(there.isSame(other)).toBe(reads.isSame(other));
      }),
    );
  });

  test('what was not read may differ', () => {
    const reads = new ConfigReads({ mode: 'a', rules: [{ port: 1 }] });
    expect(reads.isSame({})).toBe(true);
    expect((reads.config as Given).mode).toBe('a');
    expect(reads.isSame({ mode: 'a', rules: [], other: 1 })).toBe(true);
    expect(reads.isSame({ mode: 'b', rules: [{ port: 1 }] })).toBe(false);
    expect(reads.isSame(undefined)).toBe(false);
  });

  test('an object of a class is the same as itself alone', () => {
    const [address, other] = [new Date(0), new Date(0)];
    const reads = new ConfigReads({ address });
    expect((reads.config as Given).address).toBe(address);
    expect([reads.isSame({ address }), reads.isSame({ address: other })]).toEqual([true, false]);
  });
});
