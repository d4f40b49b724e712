import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { twinpath } from '../fixtures/twinpath.ts';

const folder = mkdtempSync(join(tmpdir(), 'twinpath-create-'));
// As after npm install.
symlinkSync(fileURLToPath(new URL('../../../../node_modules', import.meta.url)), join(folder, 'node_modules'));
afterAll(() => rmSync(folder, { recursive: true }));

test.each(['hybrid', 'in-kernel', 'ports'])('the test of what is made of the template %s passes', async (template) => {
  const name = `try-${template}`;
  const made = await twinpath(['create', name, '--template', template, '--json'], { cwd: folder });
  const files = ['function.test.ts', 'function.vnf.ts'].map((file) => file.replace('function', name));
  const all = [...files, 'README.md', 'package.json', 'tsconfig.json'];
  expect(JSON.parse(made.stdout)).toEqual({ folder: join(folder, name), files: expect.arrayContaining(all) });
  for (const file of all)
    expect(readFileSync(join(folder, name, file), 'utf8')).not.toMatch(/my-function|myFunction|VERSION/);
  const cwd = join(folder, name);
  const tested = spawnSync(process.execPath, ['--test', `${name}.test.ts`], { cwd, encoding: 'utf8' });
  expect(tested.stdout).toMatch(/fail 0$/m);
  expect(tested.status).toBe(0);
});

test('a name that cannot be one, and a folder in the way, are refused', async () => {
  for (const name of ['Upper', '../up', 'two words', '-x']) {
    const { status, stderr } = await twinpath(['create', '--', name], { cwd: folder });
    expect(stderr).toContain('is no name of a function');
    expect(status).toBe(2);
  }
  mkdirSync(join(folder, 'taken'));
  writeFileSync(join(folder, 'taken/own.txt'), 'mine');
  const { status, stderr } = await twinpath(['create', 'taken'], { cwd: folder });
  expect(stderr).toContain('exists, and is not empty');
  expect(status).toBe(1);
});
