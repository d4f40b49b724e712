// The daemon's own database file.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const MIGRATIONS = join(import.meta.dirname, 'schema');

/** Opened and brought to this version's schema. `file` may be `:memory:`. */
export function openDatabase(file: string): DatabaseSync {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(file);
  try {
    // A transaction that is reported done outlives a power cut: the log is synchronised at each one.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000;');
    migrate(database, file);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** `NNN.sql`, each once, in order; the database knows the last one. @throws for a database of a newer version */
function migrate(database: DatabaseSync, file: string): void {
  const scripts = readdirSync(MIGRATIONS)
    .filter((name) => name.endsWith('.sql'))
    .toSorted();
  const present = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  const newest = Number(scripts.at(-1)?.slice(0, 3));
  if (present > newest) {
    throw new Error(`${file} was written by a newer version: it has schema ${present}, this one knows ${newest}`);
  }
  for (const name of scripts) {
    const version = Number(name.slice(0, 3));
    if (version <= present) continue;
    inTransaction(database, () => {
      database.exec(readFileSync(join(MIGRATIONS, name), 'utf8'));
      database.exec(`PRAGMA user_version = ${version}`);
    });
  }
}

/** All of it, or none. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
