import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drop, table, u16, u32, vnf } from '@twinpath/vnf';
import { planFunction } from '@twinpath/vnf/plan';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { emptyMaps } from '../staging/staged-tables.ts';
import { readTables, SavedTablesError, saveTables } from './saved-tables.ts';

const directory = mkdtempSync(join(tmpdir(), 'tp-saved-'));
afterAll(() => rmSync(directory, { recursive: true }));

const plan = planFunction(
  vnf({
    name: 'keeps',
    tables: {
      kept: table({ key: { port: u16 }, value: { n: u32 }, max: 500, durable: true }),
      lost: table({ key: { port: u16 }, value: { n: u32 }, max: 10 }),
    },
    fastPath: () => drop,
  }),
);

function filled(ports: readonly number[]) {
  const maps = emptyMaps(plan, 1, 0);
  for (const port of ports) {
    const entry = [
      new Uint8Array(Uint16Array.of(port).buffer),
      new Uint8Array(Uint32Array.of(port * 2, 0).buffer),
    ] as const;
    maps.store('kept').update(...entry, 'any');
  }
  maps.store('lost').update(new Uint8Array(2), new Uint8Array(8), 'any');
  return maps;
}

describe('durable tables', () => {
  test('come back from their file as they were, and no others', async () => {
    const file = join(directory, 'a', 'keeps');
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(65_535), { maxLength: 500 }), async (ports) => {
        const maps = filled(ports);
        await saveTables(file, plan, maps);
        const saved = readTables(file);
        expect([...(saved?.maps.keys() ?? [])]).toEqual(['kept']);
        const bytes = (entries: Iterable<readonly [Uint8Array, Uint8Array]>) =>
          [...entries].map((entry) => entry.map((part) => Buffer.from(part).toString('hex')).join(' ')).sort();
        expect(bytes(saved?.maps.get('kept') ?? [])).toEqual(bytes(maps.store('kept').entries()));
        expect(saved?.marks.tables).toHaveProperty('kept.version', 1);
      }),
      { numRuns: 20 },
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(directory, 'a'))).toEqual(['keeps']);
  });

  test('are an error that names the file where that is cut short or of another kind', async () => {
    const file = join(directory, 'cut');
    await saveTables(file, plan, filled([1, 2, 3]));
    const whole = readFileSync(file);
    for (const end of [0, 3, 40, whole.length - 1]) {
      writeFileSync(file, whole.subarray(0, end));
      expect(() => readTables(file), String(end)).toThrow(SavedTablesError);
    }
    expect(readTables(join(directory, 'none'))).toBeUndefined();
  });
});
