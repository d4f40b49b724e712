import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ip4s, ip6s, u16s } from '../arbitrary/index.ts';
import { canonical, isCanonical, reverse } from './flow.ts';

const ends = fc.oneof(fc.tuple(ip4s, ip4s), fc.tuple(ip6s, ip6s));
const flows = fc
  .tuple(ends, u16s, u16s)
  .map(([[src, dst], sport, dport]) => ({ src, dst, sport, dport, protocol: 'tcp' as const }));

describe('flows', () => {
  it('have one canonical form for both directions', () => {
    fc.assert(
      fc.property(flows, (flow) => {
        expect(canonical(reverse(flow))).toEqual(canonical(flow));
        expect(isCanonical(canonical(flow))).toBe(true);
        expect(reverse(reverse(flow))).toEqual(flow);
        expect([flow, reverse(flow)]).toContainEqual(canonical(flow));
      }),
    );
  });

  it.each([
    ['9.0.0.0', 1, '10.0.0.0', 1, true], // by number, not by text
    ['10.0.0.0', 1, '9.0.0.0', 2, false],
    ['10.0.0.1', 2, '10.0.0.1', 10, true],
    ['10.0.0.1', 10, '10.0.0.1', 2, false],
    ['10.0.0.1', 2, '10.0.0.1', 2, true],
    ['fd00::9', 1, 'fd00::10', 1, true],
    ['::1:0', 1, '::2', 1, false],
  ])('from %s port %i to %s port %i: canonical is %s', (src, sport, dst, dport, expected) => {
    expect(isCanonical({ src, dst, sport, dport, protocol: 'udp' })).toBe(expected);
  });

  it('do not go between families', () => {
    expect(() => canonical({ src: '1.2.3.4', dst: '::1', sport: 1, dport: 2, protocol: 'tcp' })).toThrow(
      'differ in family',
    );
  });
});
