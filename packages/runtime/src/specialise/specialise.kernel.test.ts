import { packetFromText } from '@twinpath/packet';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openFront, steps } from './fixtures/follow.ts';
import { HOT, openEngine, openEvaluator, openKernel, openPlain, type Place } from './fixtures/places.ts';

const places = (owned: DisposableStack): readonly Place[] => [openEvaluator(), openEngine(), openKernel(owned)];

const reset = ({ tables, write }: Place) =>
  write(() => {
    tables.lists.replace({ networks: [] });
    for (const one of [tables.routes, tables.services, tables.known, tables.counted]) one.replace([]);
  });

// Each run finds in front what the one before has left there.
test('packets see what the tables have at every moment, whatever stands in front of them', () => {
  using owned = new DisposableStack();
  const oracle = openPlain();
  const others = places(owned);
  fc.assert(
    fc.property(steps, (list) => {
      for (const place of [oracle, ...others]) reset(place);
      for (const step of list) {
        const wanted = step(oracle);
        for (const place of others) expect(step(place)).toEqual(wanted);
      }
    }),
    { numRuns: 80 },
  );
});

test('what stands in front is what packets see, until somebody writes', () => {
  using owned = new DisposableStack();
  const [routes] = HOT;
  if (routes === undefined) throw new Error('there are routes');
  const packet = packetFromText('ip 10.0.0.200 > 10.0.0.3 / udp 9 > 9');
  for (const { tables, run, write, ...place } of places(owned)) {
    const shown = () => run(packet).bytes[5];
    write(() => tables.routes.set('10.0.0.0/24', { to: '02:00:00:00:00:01' }));
    expect(shown()).toBe(1);
    openFront({ tables, run, write, ...place }, routes, [[3, 0]], (value) => value.map((byte) => byte + 1));
    expect(shown()).toBe(2);
    write(() => tables.routes.set('10.0.0.0/24', { to: '02:00:00:00:00:05' }));
    expect(shown()).toBe(5);
  }
});
