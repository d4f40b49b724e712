import { expect, test } from 'vitest';
import { type ChainSpec, lineChain } from './spec.ts';
import { startOrder } from './start-order.ts';

/** A chain that brings `own` along, and shares others. */
function chain(name: string, ...shares: readonly string[]): ChainSpec {
  const shared = shares.map((share, index) => ({ name: `other-${index}`, share }));
  return lineChain(name, { interface: name }, [{ name: 'own', use: 'own.vnf.ts' }, ...shared]);
}

const order = (specs: readonly ChainSpec[], running: readonly string[] = []) =>
  startOrder(specs, running).map(({ name }) => name);

test('who shares a function starts behind who brings it, all others as they are given', () => {
  expect(order([chain('a', 'c/own'), chain('b'), chain('c', 'd/own'), chain('d')])).toEqual(['d', 'c', 'a', 'b']);
  expect(order([chain('b', 'a/own'), chain('c')], ['a'])).toEqual(['b', 'c']);
});

test.each([
  ['what no chain brings', [chain('a', 'b/own')], 'chain a: there is no chain b, of which it shares own'],
  ['what a chain does not have', [chain('a', 'b/more'), chain('b')], 'chain a: there is no function b/more to share'],
  ['of itself', [chain('a', 'a/own')], 'chain a: chains a and a each share a function of the other'],
  [
    'in a circle',
    [chain('a', 'b/own'), chain('b', 'a/own')],
    'chain b: chains b and a each share a function of the other',
  ],
  ['one name for two', [chain('a'), chain('a')], 'chain a: two chains have this name'],
] as const)('%s is refused', (_, specs, wrong) => {
  expect(() => startOrder(specs)).toThrow(wrong);
});
