import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CompiledFunction, compileFunction } from '../compile.ts';
import { inFiles } from '../frontend/fixtures/compile-source.ts';
import { type ImportedVnf, importVnf, readVnf } from '../frontend/modules/import-vnf.ts';
import { ArtefactError, readArtefact, writeArtefact } from './index.ts';

const MAIN = `import { counters, drop, guard, lock, next, table, u32, vnf } from '@twinpath/vnf';
import { z } from 'zod';
import { limitOf } from './limit.ts';
const seen = table({ key: u32, value: { guard, packets: u32 }, max: 100 });
const count = counters({ dropped: 'packets dropped' });
export default vnf({
  name: 'limiter',
  config: z.object({ factor: z.number().default(2) }),
  tables: { seen },
  counters: count,
  fastPath(packet, config) {
    let sum = 0;
    for (let i = 0; i < 3; i++) sum += i * config.factor;
    const entry = seen.lookup(packet.length);
    if (entry) {
      using _held = lock(entry.guard);
      entry.packets = 7;
    }
    if (entry && entry.packets > limitOf(sum)) {
      count.dropped();
      return drop;
    }
    return next;
  },
});
`;
const FILES = {
  'limiter.vnf.ts': MAIN,
  'limit.ts':
    'const base = 10;\nexport function limitOf(sum: number) {\n  const limit = base + sum;\n  return limit;\n}\n',
};

const target = { clock: 'kernel', cpus: 2, ports: [], classifiers: new Map(), seed: 1, key: 7 } as const;
const compile = (imported: ImportedVnf, config: unknown): CompiledFunction =>
  compileFunction(imported, { config, target });
/** Everything of the programs but where their files lie. */
const codeOf = ({ programs, maps }: CompiledFunction) => ({
  maps,
  programs: programs.map(({ compiled }) => compiled.listing()),
  places: programs.map(({ compiled }) => compiled.locations.map((at) => at && `${at.line}:${at.column}`)),
});

const refused = (make: () => unknown): string => {
  try {
    make();
  } catch (error) {
    if (error instanceof ArtefactError) return error.message;
    throw error;
  }
  return 'accepted';
};

describe('an artefact', () => {
  it('compiles to what the source compiles to, with any configuration, wherever it lies', () =>
    inFiles(FILES, async (directory) => {
      const source = await importVnf(join(directory, 'limiter.vnf.ts'));
      const json: unknown = JSON.parse(JSON.stringify(writeArtefact(source, { folder: directory })));
      const read = readArtefact(json, '/somewhere/else', source.spec);
      expect(read.modules).toEqual(['/somewhere/else/limiter.vnf.ts', '/somewhere/else/limit.ts']);
      for (const config of [{ factor: 2 }, { factor: 900 }]) {
        expect(codeOf(compile(read, config))).toEqual(codeOf(compile(source, config)));
      }
      expect(codeOf(compile(read, { factor: 2 }))).not.toEqual(codeOf(compile(read, { factor: 900 })));
    }));

  it('tells tables, counters and reasons without its module', () =>
    inFiles(FILES, async (directory) => {
      const source = await importVnf(join(directory, 'limiter.vnf.ts'));
      const artefact = writeArtefact(source, { folder: directory });
      const read = readArtefact(artefact, directory);
      expect(codeOf(compile(read, { factor: 2 }))).toEqual(codeOf(compile(source, { factor: 2 })));
      expect(artefact.plan).toMatchObject({ counters: { slots: expect.anything() }, tables: [{ path: 'seen' }] });
    }));

  it('is the same for the same source, in another folder and process', async () => {
    const hashes: string[] = [];
    for (let run = 0; run < 2; run++) {
      await inFiles(FILES, async (directory) => {
        const source = await importVnf(join(directory, 'limiter.vnf.ts'));
        hashes.push(writeArtefact(source, { folder: directory }).hash);
      });
    }
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(hashes[1]).toBe(hashes[0]);
  });

  it('is refused when it is damaged, of another version, or of another module', () =>
    inFiles(FILES, async (directory) => {
      const source = await importVnf(join(directory, 'limiter.vnf.ts'));
      const artefact = writeArtefact(source, { folder: directory });
      const damaged = JSON.parse(JSON.stringify(artefact).replace('limitOf', 'limit0f'));
      const other = { ...source.spec, counters: { kind: 'counters', help: { dropped: 'x', more: 'y' } } } as const;
      expect({
        damaged: refused(() => readArtefact(damaged, directory)),
        newer: refused(() => readArtefact({ ...artefact, version: 2 }, directory)),
        'no artefact': refused(() => readArtefact({ name: 'x' }, directory)),
        'another module': refused(() => readArtefact(artefact, directory, other)),
      }).toEqual({
        damaged: 'the artefact is damaged: its hash is wrong',
        newer: 'the artefact has version 2; known is 1',
        'no artefact': 'this JSON is no artefact of a network function',
        'another module': 'the artefact of limiter was built from another version of its module',
      });
    }));

  it('stands for the source where a function ships as JavaScript', () =>
    inFiles(FILES, async (directory) => {
      const source = await importVnf(join(directory, 'limiter.vnf.ts'));
      const module = join(directory, 'limiter.vnf.js');
      writeFileSync(module, MAIN.replaceAll('./limit.ts', './limit.js'));
      writeFileSync(
        join(directory, 'limit.js'),
        readFileSync(join(directory, 'limit.ts'), 'utf8').replaceAll(': number', ''),
      );
      await expect(importVnf(module)).rejects.toThrow('cannot read the artefact');
      const json = JSON.stringify(writeArtefact(source, { folder: directory, module }));
      writeFileSync(join(directory, 'limiter.vnf.json'), json);
      for (const path of [module, join(directory, 'limiter.vnf.json')]) {
        const imported = await importVnf(path);
        expect(imported.spec.config?.parse({})).toEqual({ factor: 2 });
        expect(codeOf(compile(imported, { factor: 5 }))).toEqual(codeOf(compile(source, { factor: 5 })));
        expect(dirname((await readVnf(imported.spec)).file)).toBe(directory);
      }
    }));
});
