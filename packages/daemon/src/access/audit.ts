import type { DatabaseSync } from 'node:sqlite';
import type { AuditRecord } from '@twinpath/api';

/** So many records are kept. */
const KEPT = 100_000;
/** Old ones are forgotten once in so many. */
const ROUND = 1000;

/** Who changed what, and who was refused. What requests contain is never in it. */
export class Audit {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  add({ at, by, from, operation, target, status, revision }: Omit<AuditRecord, 'id'>): void {
    const { lastInsertRowid } = this.#database
      .prepare(
        'INSERT INTO audit (at, made_by, came_from, operation, target, status, revision) VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      .run(at, by, from, operation, target, status, revision ?? null);
    const id = Number(lastInsertRowid);
    if (id % ROUND === 0) this.#database.prepare('DELETE FROM audit WHERE id <= ?').run(id - KEPT);
  }

  /** The last first, `before` left out. */
  list({
    before = Number.MAX_SAFE_INTEGER,
    limit,
  }: {
    readonly before?: number;
    readonly limit: number;
  }): readonly AuditRecord[] {
    const rows = this.#database.prepare('SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?').all(before, limit);
    return rows.map((row) => ({
      id: Number(row.id),
      at: String(row.at),
      by: String(row.made_by),
      from: String(row.came_from),
      operation: String(row.operation),
      target: String(row.target),
      status: Number(row.status),
      ...(row.revision !== null && { revision: Number(row.revision) }),
    }));
  }
}
