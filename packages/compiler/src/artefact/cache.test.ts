import { execFile } from 'node:child_process';
import { chownSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { inFiles } from '../frontend/fixtures/compile-source.ts';
import { importVnf } from '../frontend/modules/import-vnf.ts';

const source = (verdict: string) => `import { drop, next, vnf } from '@twinpath/vnf';
import { isLong } from './long.ts';
export default vnf({ name: 'test', fastPath: (packet) => (isLong(packet.length) ? ${verdict} : next) });
`;
const FILES = { 'test.vnf.ts': source('drop'), 'long.ts': 'export const isLong = (n: number) => n > 1000;\n' };

const PROGRAM = `
import { createRequire } from 'node:module';
const { importVnf, lowerPrograms, printProgram } = await import(process.argv[2]);
const imported = await importVnf(process.argv[3]);
const target = { clock: 'kernel', cpus: 1, ports: [], classifiers: new Map(), seed: 1, key: 7 };
const { programs } = lowerPrograms(imported, { target });
const loaded = Object.keys(createRequire(import.meta.url).cache);
const parsed = loaded.some((file) => file.includes('/node_modules/typescript/'));
console.log(JSON.stringify({ parsed, ir: programs.map(({ ir }) => printProgram(ir)).join('') }));
`;

interface Start {
  /** Whether `typescript` was loaded. */
  readonly parsed: boolean;
  readonly ir: string;
}

/** In a process of its own. */
async function start(directory: string): Promise<Start> {
  const program = join(directory, 'program.mjs');
  writeFileSync(program, PROGRAM);
  const compiler = join(import.meta.dirname, '../index.ts');
  const operands = [program, compiler, join(directory, 'test.vnf.ts')];
  const env = { ...process.env, XDG_CACHE_HOME: join(directory, 'cache') };
  const { stdout } = await promisify(execFile)(process.execPath, operands, { env });
  return JSON.parse(stdout);
}

const entries = (directory: string) => {
  const folder = join(directory, 'cache/twinpath');
  return readdirSync(folder).map((name) => join(folder, name));
};

/** In this process; with what was warned of. */
async function importIn(
  directory: string,
): Promise<{ readonly modules: number; readonly warnings: readonly string[] }> {
  vi.stubEnv('XDG_CACHE_HOME', join(directory, 'cache'));
  const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  const { modules } = await importVnf(join(directory, 'test.vnf.ts'));
  const warnings = emit.mock.calls.map(([warning]) => String(warning).replaceAll(directory, ''));
  emit.mockRestore();
  vi.unstubAllEnvs();
  return { modules: modules.length, warnings };
}

describe('the cache', () => {
  it('spares the parser until a file of the function changes', () =>
    inFiles(FILES, async (directory) => {
      const cold = await start(directory);
      const warm = await start(directory);
      expect([cold.parsed, warm.parsed]).toEqual([true, false]);
      expect(warm.ir).toBe(cold.ir);
      writeFileSync(join(directory, 'long.ts'), 'export const isLong = (n: number) => n > 1001;\n');
      const changed = await start(directory);
      expect(changed.parsed).toBe(true);
      expect(changed.ir).not.toBe(cold.ir);
      expect(entries(directory).length).toBe(1);
    }));

  it('says that an entry is damaged, and makes it anew', () =>
    inFiles(FILES, async (directory) => {
      const good = { modules: 2, warnings: [] };
      const bad = (why: string) => ({
        modules: 2,
        warnings: [expect.stringMatching(`^the cache entry .*[0-9a-f]{64}.json is damaged and was not used: .*${why}`)],
      });
      expect(await importIn(directory)).toEqual(good);
      const [entry = ''] = entries(directory);
      const text = readFileSync(entry, 'utf8');
      writeFileSync(entry, text.replace('isLong', 'isL0ng'));
      expect(await importIn(directory)).toEqual(bad('its hash is wrong'));
      expect(readFileSync(entry, 'utf8')).toBe(text);
      writeFileSync(entry, text.slice(0, 100));
      expect(await importIn(directory)).toEqual(bad('JSON'));
      expect(await importIn(directory)).toEqual(good);
    }));

  it.skipIf(process.getuid?.() !== 0)('is not taken from another user (needs root)', () =>
    inFiles(FILES, async (directory) => {
      await importIn(directory);
      const [entry = ''] = entries(directory);
      writeFileSync(entry, 'not even JSON');
      chownSync(entry, 65534, 65534);
      expect(await importIn(directory)).toEqual({ modules: 2, warnings: [] });
      expect(statSync(entry).uid).toBe(0);
    }),
  );

  it('is not needed', () =>
    inFiles({ ...FILES, cache: 'a file where the folder should be' }, async (directory) => {
      const { modules, warnings } = await importIn(directory);
      expect(modules).toBe(2);
      expect(warnings).toEqual([
        expect.stringContaining('cannot be read'),
        expect.stringContaining('cannot be written'),
      ]);
    }));
});
