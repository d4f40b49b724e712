import { expect, it } from 'vitest';
import { loadClassifiers } from './own-classifiers.ts';

const url = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`;

it('takes the default export of a module', async () => {
  const [one] = await loadClassifiers([url("export default { name: 'a', transport: 'udp', classify: () => 'no' };")]);
  expect(one?.name).toBe('a');
});

it.each(['export const a = 1;', 'export default {};', "export default { name: 'a', transport: 'ip', classify() {} };"])(
  'refuses what is no classifier: %s',
  async (text) => {
    await expect(loadClassifiers([url(text)])).rejects.toThrow('has no classifier as its default export');
  },
);
