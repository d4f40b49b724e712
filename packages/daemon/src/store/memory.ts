import type { DatabaseSync } from 'node:sqlite';
import type { Head } from './store.ts';

/** What a machine has known last of a store that is elsewhere. */
export class Memory {
  readonly #database: DatabaseSync;
  #saved: string | undefined;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  save({ revision, confirmBy, documents }: Head): void {
    const mark = `${revision} ${confirmBy}`;
    if (this.#saved === mark) return;
    const query = 'INSERT OR REPLACE INTO remembered (id, revision, confirm_by, documents) VALUES (1, ?, ?, ?)';
    this.#database.prepare(query).run(revision, confirmBy ?? null, JSON.stringify([...documents]));
    this.#saved = mark;
  }

  /** `undefined`: nothing yet. */
  load(): Head | undefined {
    const row = this.#database.prepare('SELECT revision, confirm_by, documents FROM remembered').get();
    if (row === undefined) return undefined;
    const confirmBy = row.confirm_by === null ? undefined : String(row.confirm_by);
    return { revision: Number(row.revision), confirmBy, documents: new Map(JSON.parse(String(row.documents))) };
  }
}
