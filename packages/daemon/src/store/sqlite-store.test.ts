import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from './database.ts';
import { SqliteStore } from './sqlite-store.ts';
import { KEPT, storeConforms } from './test/conformance.ts';

let folder: string;
let files = 0;
const fresh = () => join(folder, `${++files}.db`);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tp-store-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

storeConforms(async () => {
  const file = fresh();
  return {
    store: new SqliteStore(openDatabase(file), { keptRevisions: KEPT }),
    again: async () => new SqliteStore(openDatabase(file), { keptRevisions: KEPT }),
  };
});

test('a database of a newer version is left alone', () => {
  const file = fresh();
  const database = openDatabase(file);
  database.exec('PRAGMA user_version = 999');
  database.close();
  expect(() => openDatabase(file)).toThrow('was written by a newer version');
});

const change = (revision: number) => ({
  base: revision - 1,
  writes: new Map<string, unknown>([
    ['chain/a', { revision, filling: 'x'.repeat(revision * 700) }],
    [`chain/${revision}`, revision % 3 === 0 ? undefined : revision],
  ]),
  at: '',
  by: '',
  message: '',
  summary: {},
  confirmBy: undefined,
});

/** What a store holds that a power cut has left: whole revisions, or the test fails. */
async function heldBy(file: string): Promise<number> {
  const database = openDatabase(file);
  const { revision, documents } = await new SqliteStore(database).head();
  const [check] = database.prepare('PRAGMA integrity_check').all();
  database.close();
  expect(check).toEqual({ integrity_check: 'ok' });
  expect(documents.get('chain/a')?.value).toEqual(
    revision === 0 ? undefined : { revision, filling: 'x'.repeat(revision * 700) },
  );
  const written = Array.from({ length: revision }, (_, n) => n + 1).filter((n) => n % 3 !== 0);
  expect([...documents.keys()].filter((name) => name !== 'chain/a')).toHaveLength(written.length);
  return revision;
}

/** Bytes of the write-ahead log that one write makes: a header of 24 bytes and a page (sqlite.org/fileformat2.html, 4.1). */
const FRAME = 24 + 4096;
const HEADER = 32;

test('a power cut at any write, or in the middle of one, leaves whole revisions, and all that were reported done', async () => {
  const file = fresh();
  const database = openDatabase(file);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
  const store = new SqliteStore(database);
  const log = `${file}-wal`;
  const done: { readonly revision: number; readonly bytes: number }[] = [];
  for (let revision = 1; revision <= 8; revision++) {
    await store.commit(change(revision));
    done.push({ revision, bytes: readFileSync(log).length });
  }
  const whole = readFileSync(log);
  const main = join(folder, 'main.db');
  copyFileSync(file, main);

  const cuts = Array.from({ length: Math.ceil((whole.length - HEADER) / FRAME) }, (_, n) => HEADER + n * FRAME);
  expect(cuts.length).toBeGreaterThan(30);
  const held = new Set<number>();
  for (const cut of [0, 17, ...cuts.flatMap((at) => [at, at + 20, at + 24 + 512]), whole.length]) {
    const after = fresh();
    copyFileSync(main, after);
    // Behind the cut lies what the disk had there before: here nothing, or what is no frame.
    const tail = cut % 2 === 0 ? Buffer.alloc(0) : Buffer.alloc(FRAME, 0xa5);
    writeFileSync(`${after}-wal`, Buffer.concat([whole.subarray(0, cut), tail]));
    const revision = await heldBy(after);
    held.add(revision);
    expect(revision).toBe(done.findLast(({ bytes }) => bytes <= cut)?.revision ?? 0);
  }
  expect([...held].toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  database.close();
});

test('so does one at any write of a checkpoint, which copies the log into the file', async () => {
  const file = fresh();
  const database = openDatabase(file);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const store = new SqliteStore(database);
  const before = readFileSync(file);
  for (let revision = 1; revision <= 4; revision++) await store.commit(change(revision));
  const log = readFileSync(`${file}-wal`);
  database.exec('PRAGMA wal_checkpoint(FULL)');
  const after = readFileSync(file);
  database.close();
  expect(after.length).toBeGreaterThan(before.length);
  for (let written = 0; written <= after.length; written += 2048) {
    const torn = fresh();
    writeFileSync(torn, Buffer.concat([after.subarray(0, written), before.subarray(written)]));
    truncateSync(torn, Math.max(written, before.length));
    writeFileSync(`${torn}-wal`, log);
    expect(await heldBy(torn)).toBe(4);
  }
});
