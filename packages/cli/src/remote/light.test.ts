import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { twinpath } from '../fixtures/twinpath.ts';

const folder = mkdtempSync(join(tmpdir(), 'tp-light-'));
afterAll(() => rmSync(folder, { recursive: true }));

const [right, wrong] = ['edge.yaml', 'wrong.yaml'].map((name) => join(folder, name));
writeFileSync(right ?? '', 'interface: eth0\nfunctions:\n  - use: firewall\n');
writeFileSync(wrong ?? '', 'interface: eth0\nfunctoins: []\n');
const file = (name = '') => ['-f', name, '--socket', join(folder, 'none')];
const without = ['--import', new URL('../fixtures/without-compiler.ts', import.meta.url).href];

test.each([
  [['functions', ...file().slice(2)], 'is twinpathd running?'],
  [['status', ...file().slice(2)], 'is twinpathd running?'],
  [['diff', ...file(right)], 'is twinpathd running?'],
  [['apply', ...file(wrong)], "has no member 'functoins'"],
])('%j does without compiler and runtime, which take their time to load', async (operands, said) => {
  const { status, stderr } = await twinpath(operands, { node: without });
  expect(status).toBe(1);
  expect(stderr).toContain(said);
});
