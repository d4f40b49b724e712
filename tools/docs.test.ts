import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ChainFile } from '@twinpath/api';
import { settings } from '@twinpath/daemon';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { diagnosticsOf, ENTRY } from './docs/compile.ts';
import { codes, exampleDiagnostics } from './docs/diagnostics-page.ts';
import { PAGES } from './docs/pages.ts';
import { samplesOf } from './docs/samples.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const DIAGNOSTICS = 'docs/reference/diagnostics.md';
const folders = ['docs/reference', 'docs/guides'];
const pages = [
  'README.md',
  'packages/vnf/README.md',
  ...folders.flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name))),
].filter((page) => page.endsWith('.md') && page !== DIAGNOSTICS);
const textOf = (page: string) => readFileSync(join(root, page), 'utf8');

it.each(Object.entries(PAGES))('%s is what `npm run docs` makes', async (page, make) => {
  expect(textOf(page)).toBe(await make());
});

describe(DIAGNOSTICS, () => {
  it.each(codes())('has an example of %s that gives it and nothing else', async (code) => {
    const given = await exampleDiagnostics(code);
    expect(given.map((diagnostic) => diagnostic.code).filter((other) => other !== code)).toEqual([]);
  });
});

/** `yaml chain`, `yaml settings`: what such a block is held to. */
const SCHEMAS = { chain: ChainFile, settings };
const written = pages.flatMap((page) =>
  [...textOf(page).matchAll(/^```yaml (chain|settings)\n(.*?)^```$/gms)].map(([, kind, text = '']) => ({
    page,
    schema: kind === 'chain' ? SCHEMAS.chain : SCHEMAS.settings,
    text,
  })),
);
it.each(written)('$page shows chains and settings that are taken', ({ schema, text }) => {
  expect(schema.safeParse(parse(text)).error?.issues).toBeUndefined();
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
