import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { unpack } from './unpack.ts';
import type { Uploaded } from './uploaded.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tp-unpack-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const upload = (kind: Uploaded['kind'], content: string, hash = 'a'.repeat(64)): Uploaded => ({
  kind,
  content,
  hash,
  at: '',
  by: '',
});
const artefact = (...files: string[]) =>
  JSON.stringify({ modules: files.map((file) => ({ file, text: `of ${file}` })) });

test('a source is one file, and another version is another', () => {
  const file = unpack(folder, 'mine', upload('source', 'text'));
  expect(readFileSync(file, 'utf8')).toBe('text');
  expect(file).toMatch(/mine-source-a{16}\/mine\.vnf\.ts$/);
  expect(unpack(folder, 'mine', upload('source', 'other', 'b'.repeat(64)))).not.toBe(file);
  expect(unpack(folder, 'mine', upload('source', 'text'))).toBe(file);
});

test('an artefact brings the sources along that it was built from', () => {
  const content = artefact('mine.vnf.ts', 'rules/parse.ts');
  const file = unpack(folder, 'mine', upload('artefact', content, 'c'.repeat(64)));
  expect(readFileSync(file, 'utf8')).toBe(content);
  expect(readFileSync(join(file, '../rules/parse.ts'), 'utf8')).toBe('of rules/parse.ts');
});

test.for(['../up.ts', '/etc/passwd.ts', 'a/../../b.ts', 'a//b.ts', '.hidden.ts', 'a.txt', '', 'a\0.ts'])(
  'an artefact of the file %j is refused, and nothing is left',
  (name) => {
    const before = readdirSync(folder);
    expect(() => unpack(folder, 'bad', upload('artefact', artefact('mine.vnf.ts', name), 'd'.repeat(64)))).toThrow(
      'not below its folder',
    );
    expect(readdirSync(folder)).toEqual(before);
  },
);

test('a text that was taken as a source is judged anew as an artefact', () => {
  const hash = 'e'.repeat(64);
  unpack(folder, 'mine', upload('source', 'text', hash));
  expect(() => unpack(folder, 'mine', upload('artefact', 'text', hash))).toThrow('no artefact');
});

test.for(['', '5', '{}', '{"modules":[]}', '{"modules":[{"file":5}]}'])('%j is no artefact', (content) => {
  expect(() => unpack(folder, 'bad', upload('artefact', content, 'd'.repeat(64)))).toThrow('no artefact');
});
