import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { next, vnf } from '../index.ts';
import { fileOf } from './file-of.ts';

test('a spec leads to the file that called vnf(), under the test runner', () => {
  expect(fileOf(vnf({ name: 'here', fastPath: () => next }))).toBe(import.meta.filename);
});

test('a spec leads to its file under Node, also where the path has blanks and brackets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'twinpath (file) of '));
  try {
    const file = join(folder, 'there.mts');
    const [authors, spec] = ['../index.ts', './index.ts'].map((path) => import.meta.resolve(path));
    writeFileSync(
      file,
      `import { next, vnf } from '${authors}';
       import { fileOf } from '${spec}';
       console.log(fileOf(vnf({ name: 'there', fastPath: () => next })));`,
    );
    expect(execFileSync(process.execPath, [file], { encoding: 'utf8' }).trim()).toBe(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('where the file lies is no part of the spec', () => {
  const make = () => vnf({ name: 'same', fastPath: () => next });
  expect(Object.getOwnPropertySymbols(Object.assign({}, make()))).toEqual([]);
  expect(fileURLToPath(import.meta.url)).toBe(fileOf(make()));
});
