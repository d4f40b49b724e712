import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lineChain } from '@twinpath/vnf/chain';
import { afterAll, expect, test } from 'vitest';
import { forgetSpec, storedSpecs, storeSpec } from './stored-specs.ts';

const root = mkdtempSync(join(tmpdir(), 'tp-specs-'));
afterAll(() => rmSync(root, { recursive: true }));

const spec = lineChain('edge', { interface: 'eth1' }, [
  { name: 'firewall', use: 'firewall.vnf.ts', config: { rules: [{ action: 'allow' }] } },
  { name: 'dpi', share: 'other/dpi' },
]);

test('what was stored is found as it was, with whole paths, by this user alone, and forgotten for good', async () => {
  await storeSpec(root, spec);
  await storeSpec(root, { ...spec, paths: [['eth1', 'firewall', 'host']] });
  const [found, ...others] = storedSpecs(root);
  expect(others).toEqual([]);
  expect(found?.chain).toBe('edge');
  expect(found?.spec).toEqual({
    ...spec,
    paths: [['eth1', 'firewall', 'host']],
    functions: [{ ...spec.functions[0], use: join(process.cwd(), 'firewall.vnf.ts') }, spec.functions[1]],
  });
  expect(statSync(found?.file ?? '').mode & 0o777).toBe(0o600);
  expect(forgetSpec(root, 'edge')).toBe(found?.file);
  expect(forgetSpec(root, 'edge')).toBeUndefined();
  expect(existsSync(join(root, 'edge'))).toBe(false);
});

test('a file that cannot be read is told, and hides no other', async () => {
  mkdirSync(join(root, 'broken'));
  writeFileSync(join(root, 'broken', 'chain.json'), '{ "version": 1');
  mkdirSync(join(root, 'tables-only'));
  await storeSpec(root, spec);
  expect(storedSpecs(root).map(({ chain, spec: one }) => [chain, one?.name])).toEqual([
    ['broken', undefined],
    ['edge', 'edge'],
  ]);
  expect(storedSpecs(join(root, 'nothing'))).toEqual([]);
});
