import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { diagnosticsOf, ENTRY } from './docs/compile.ts';
import { codes, diagnosticsPage, exampleDiagnostics } from './docs/diagnostics-page.ts';
import { samplesOf } from './docs/samples.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const GENERATED = 'docs/reference/diagnostics.md';
const folders = ['docs/reference', 'docs/guides'];
const pages = [
  'README.md',
  'packages/vnf/README.md',
  ...folders.flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name))),
].filter((page) => page.endsWith('.md') && page !== GENERATED);
const textOf = (page: string) => readFileSync(join(root, page), 'utf8');

describe('docs/reference/diagnostics.md', () => {
  it('is what `npm run docs` makes', async () => {
    expect(textOf(GENERATED)).toBe(await diagnosticsPage());
  });

  it.each(codes())('has an example of %s that gives it and nothing else', async (code) => {
    const given = await exampleDiagnostics(code);
    expect(given.map((diagnostic) => diagnostic.code).filter((other) => other !== code)).toEqual([]);
  });
});

describe.each(pages)('%s', (page) => {
  const { samples, unmarked } = samplesOf(textOf(page));

  it('says of each sample what it is', () => {
    expect(unmarked).toEqual([]);
  });

  const compiled = samples.filter(({ kind }) => kind !== 'slow-path');
  it.each(compiled)('compiles the sample at line $line', async ({ module, code }) => {
    const given = await diagnosticsOf({ [ENTRY]: module });
    expect(given.map((diagnostic) => diagnostic.code)).toEqual(code === undefined ? [] : [code]);
  });

  it('leads to files that are there', () => {
    const links = [...textOf(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target = '']) => target);
    expect(links.filter((target) => !existsSync(join(root, page, '..', target)))).toEqual([]);
  });
});
