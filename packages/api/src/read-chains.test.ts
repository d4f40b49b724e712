import { expect, test } from 'vitest';
import { readChains } from './read-chains.ts';
import { document } from './schemas/document.ts';

const find = (use: string) =>
  use === 'dip' ? { wrong: 'there is no dip', hint: 'dpi' } : { name: use, file: `/library/${use}.vnf.ts` };
const read = (chains: object) => readChains(document.parse({ chains }), { find });

test('one file declares several chains, and functions that they share', () => {
  const [edge, inner, ...others] = read({
    inner: { interface: 'eth2', chain: 'firewall → policer', functions: [{ share: 'edge/firewall' }] },
    edge: { interface: 'eth1', chain: 'firewall → dpi' },
  });
  expect(others).toEqual([]);
  expect(edge?.spec).toMatchObject({ name: 'edge', paths: [['eth1', 'firewall', 'dpi', 'host']] });
  expect(inner?.spec).toEqual({
    name: 'inner',
    ports: { eth2: { interface: 'eth2' } },
    paths: [['eth2', 'firewall', 'policer', 'host']],
    functions: [
      { name: 'firewall', share: 'edge/firewall' },
      { name: 'policer', use: '/library/policer.vnf.ts' },
    ],
  });
  expect(inner?.locate(['paths', 0, 1])).toEqual(['chains', 'inner', 'chain']);
});

test.each([
  [{ a: { name: 'b', interface: 'x', chain: 'dpi' } }, ['chains', 'a', 'name'], 'says that its name is b'],
  [{ a: { interface: 'x', chain: 'dip' } }, ['chains', 'a', 'chain'], 'there is no dip'],
  [
    { a: { interface: 'x', chain: 'dpi', functions: [{ share: 'b/dpi' }] } },
    ['chains', 'a', 'functions', 0, 'share'],
    'there is no chain b',
  ],
])('%j is refused, with its place in the file', (chains, path, why) => {
  const refused = () => read(chains);
  expect(refused).toThrow(expect.objectContaining({ path, message: expect.stringContaining(why) }));
});
