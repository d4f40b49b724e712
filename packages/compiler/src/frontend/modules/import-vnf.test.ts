import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { inFiles } from '../fixtures/compile-source.ts';
import { CompileError } from '../report/compile-error.ts';
import { importVnf, sourceFiles } from './import-vnf.ts';

const VNF = `import { drop, vnf } from '@twinpath/vnf';
export default vnf({ name: 'test', fastPath: () => drop });
`;

/** Why a function cannot be imported, without the directory that it lay in. */
function refusal(files: Readonly<Record<string, string>>, name = 'test.vnf.ts'): Promise<string> {
  return inFiles(files, async (directory) => {
    try {
      await importVnf(join(directory, name));
      return 'imported';
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
      return error.message.replaceAll(`${directory}/`, '').replaceAll(dirname(directory), '…');
    }
  });
}

describe('sourceFiles', () => {
  const LONG = "import { isLong } from './long.ts';\nexport default isLong;\n";

  it.each([
    ['is no TypeScript', { 'long.ts': 'export const isLong = (n: number) => n >;\n' }],
    ['is empty, as while it is being written', { 'long.ts': '' }],
    ['is not there', {}],
  ])('names a file that %s, so that it is watched', (_, files: Readonly<Record<string, string>>) =>
    inFiles({ 'test.vnf.ts': LONG, ...files }, async (directory) => {
      const expected = ['test.vnf.ts', 'long.ts'].map((name) => join(directory, name));
      expect(await sourceFiles(join(directory, 'test.vnf.ts'))).toEqual(expected);
    }),
  );
});

describe('importVnf', () => {
  it('runs a file from any place on the disk with our packages, and names all files that belong to it', () =>
    inFiles(
      {
        'test.vnf.ts': `import { readFileSync } from 'node:fs';
import { ipv4Layout } from '@twinpath/packet';
import { drop, table, u32, vnf, type Packet } from '@twinpath/vnf';
import { z } from 'zod';
import { half } from './half.ts';
import type { Missing } from './types-only.ts';
const flows = table({ key: u32, value: { n: u32 }, max: half(ipv4Layout.size) });
void readFileSync;
export default vnf({ name: 'test', config: z.object({ a: z.number().default(7) }), tables: { flows }, fastPath: (_packet: Packet) => drop });
`,
        'half.ts': "import { two } from './two.ts';\nexport const half = (n: number) => n / two;\n",
        'two.ts': 'export const two = 2;\n',
      },
      async (directory) => {
        const { spec, file, modules } = await importVnf(join(directory, 'test.vnf.ts'));
        expect(spec.name).toBe('test');
        expect(spec.config?.parse({})).toEqual({ a: 7 });
        expect(spec.tables.flows).toMatchObject({ kind: 'table', max: 10 });
        expect(file).toBe(join(directory, 'test.vnf.ts'));
        expect(modules).toEqual(['test.vnf.ts', 'half.ts', 'two.ts'].map((name) => join(directory, name)));
      },
    ));

  it('reads functions, specs and constants that lie in other files', () =>
    inFiles(
      {
        'spec.ts':
          "import { vnf } from '@twinpath/vnf';\nimport { fast } from './all.ts';\nconst spec = { name: 'test', fastPath: fast };\nexport const made = vnf(spec);\nexport default made;\n",
        'all.ts': "export * from './fast.ts';\n",
        'fast.ts': "import { drop } from '@twinpath/vnf';\nexport function fast() { return drop; }\n",
      },
      async (directory) => {
        const { code } = await importVnf(join(directory, 'spec.ts'));
        expect(code.call.fastPaths.ingress?.name).toBe('fast');
        expect(code.call.fastPaths.egress).toBe(code.call.fastPaths.ingress);
      },
    ));

  it('tells both directions apart', () =>
    inFiles(
      {
        'test.vnf.ts': `import { drop, next, vnf } from '@twinpath/vnf';
function leaving() { return next; }
export default vnf({ name: 'test', fastPath: { ingress: () => drop, egress: leaving } });
`,
      },
      async (directory) => {
        const { code, spec } = await importVnf(join(directory, 'test.vnf.ts'));
        expect(spec.fastPath).toBe('ingress and egress');
        expect(code.call.fastPaths.egress?.name).toBe('leaving');
        expect(code.call.fastPaths.ingress?.name).not.toBe('leaving');
      },
    ));

  it('says what is wrong with the file (TP1001 to TP1007)', async () => {
    const refused = {
      missing: await refusal({}),
      'missing import': await refusal({ 'test.vnf.ts': `import { a } from './no.ts';\n${VNF}` }),
      'syntax error': await refusal({ 'test.vnf.ts': `const = 1;\n${VNF}` }),
      'syntax error in an import': await refusal({
        'test.vnf.ts': `import './bad.ts';\n${VNF}`,
        'bad.ts': 'export const a = ;\n',
      }),
      'no default export': await refusal({ 'test.vnf.ts': 'export const a = 1;\n' }),
      'another default export': await refusal({ 'test.vnf.ts': 'export default { name: "test" };\n' }),
      'throws when run': await refusal({
        'test.vnf.ts': `${VNF}\nfunction f() {\n  throw new Error('not today');\n}\nf();\n`,
      }),
      'refused by vnf()': await refusal({ 'test.vnf.ts': VNF.replace("'test'", "''") }),
      'no fast path': await refusal({ 'test.vnf.ts': VNF.replace('() => drop', 'drop') }),
      'no such export': await refusal({
        'test.vnf.ts': `import { two as x } from './two.ts';\n${VNF.replace('() => drop', 'x')}`,
        'two.ts': 'export const one = 1;\n',
      }),
    };
    expect(refused).toMatchSnapshot();
  });

  it('says where something stands that Node cannot read', async () => {
    const text = `import { drop, vnf } from '@twinpath/vnf';\n\n  enum Colour { red }\nexport default vnf({ name: 'test', fastPath: () => drop });\n`;
    const message = await refusal({ 'test.vnf.ts': text });
    expect(message).toMatch(/^test\.vnf\.ts:3:3 - error TP1005: .*enum/);
  });

  it('does not wait for ever for what the top level awaits', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const text = `await new Promise(() => {});\n${VNF}`;
      const refused = refusal({ 'test.vnf.ts': text });
      await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
      vi.advanceTimersByTime(10_000);
      const message = await refused;
      expect(message).toContain(
        'error TP1005: the module cannot be run: what its top level awaits has not come within 10 s',
      );
      expect(message).toContain('`configure`');
    } finally {
      vi.useRealTimers();
    }
  });
});
