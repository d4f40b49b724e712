import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { NodeReport } from '@twinpath/api';
import { inTransaction } from './database.ts';
import {
  type Commit,
  ConflictError,
  type Documents,
  type Head,
  KEPT_REVISIONS,
  type NewCommit,
  type Store,
} from './store.ts';

type Row = Readonly<Record<string, SQLOutputValue>>;

const COLUMNS = 'revision, at, made_by, message, summary, confirm_by';
/** The last version of each document up to a revision. */
const UP_TO = `
  SELECT name, revision, value FROM version AS one
  WHERE value IS NOT NULL
    AND revision = (SELECT max(revision) FROM version AS other WHERE other.name = one.name AND other.revision <= ?)`;

/** In the daemon's own database: for one machine. */
export class SqliteStore implements Store {
  readonly kind = 'sqlite';
  readonly #database: DatabaseSync;
  readonly #kept: number;
  readonly #watchers = new Set<() => void>();

  /** `database`: opened by `openDatabase`, and closed by who has opened it. */
  constructor(database: DatabaseSync, { keptRevisions = KEPT_REVISIONS }: { readonly keptRevisions?: number } = {}) {
    this.#database = database;
    this.#kept = keptRevisions;
  }

  async head(): Promise<Head> {
    const last = this.#last();
    if (last === undefined) return { revision: 0, documents: new Map(), confirmBy: undefined };
    return { revision: last.revision, documents: this.#upTo(last.revision), confirmBy: last.confirmBy };
  }

  /** It is always reached. */
  remembered(): undefined {
    return undefined;
  }

  async documentsAt(revision: number): Promise<Documents | undefined> {
    if (revision === 0) return this.#oldest() > 1 ? undefined : new Map();
    const found = this.#database.prepare('SELECT 1 FROM revision WHERE revision = ?').get(revision);
    return found === undefined ? undefined : this.#upTo(revision);
  }

  async history({ before = Number.MAX_SAFE_INTEGER, limit }: { readonly before?: number; readonly limit: number }) {
    const query = `SELECT ${COLUMNS} FROM revision WHERE revision < ? ORDER BY revision DESC LIMIT ?`;
    return this.#database.prepare(query).all(before, limit).map(commitOf);
  }

  async commit({ base, writes, at, by, message, summary, confirmBy }: NewCommit): Promise<Commit> {
    const revision = base + 1;
    inTransaction(this.#database, () => {
      if ((this.#last()?.revision ?? 0) !== base) throw new ConflictError(base);
      this.#database
        .prepare(`INSERT INTO revision (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`)
        .run(revision, at, by, message, JSON.stringify(summary), confirmBy ?? null);
      const write = this.#database.prepare('INSERT INTO version (name, revision, value) VALUES (?, ?, ?)');
      for (const [name, value] of writes) write.run(name, revision, value === undefined ? null : JSON.stringify(value));
      this.#forget(revision - this.#kept);
    });
    this.#tell();
    return { revision, at, by, message, summary, confirmBy };
  }

  async confirm(revision: number): Promise<boolean> {
    const query = `UPDATE revision SET confirm_by = NULL
      WHERE revision = ? AND confirm_by IS NOT NULL AND revision = (SELECT max(revision) FROM revision)`;
    const { changes } = this.#database.prepare(query).run(revision);
    if (changes === 0) return false;
    this.#tell();
    return true;
  }

  watch(changed: () => void): Disposable {
    const watcher = () => changed();
    this.#watchers.add(watcher);
    return { [Symbol.dispose]: () => void this.#watchers.delete(watcher) };
  }

  async report(report: NodeReport, seconds: number): Promise<void> {
    this.#database
      .prepare('INSERT OR REPLACE INTO node (name, report, expires_ms) VALUES (?, ?, ?)')
      .run(report.node, JSON.stringify(report), Date.now() + seconds * 1000);
  }

  async reports(): Promise<readonly NodeReport[]> {
    this.#database.prepare('DELETE FROM node WHERE expires_ms <= ?').run(Date.now());
    const rows = this.#database.prepare('SELECT report FROM node ORDER BY name').all();
    return rows.map(({ report }): NodeReport => JSON.parse(String(report)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watchers.clear();
  }

  #last(): Commit | undefined {
    const row = this.#database.prepare(`SELECT ${COLUMNS} FROM revision ORDER BY revision DESC LIMIT 1`).get();
    return row && commitOf(row);
  }

  /** 0: there is none. */
  #oldest(): number {
    return Number(this.#database.prepare('SELECT min(revision) AS oldest FROM revision').get()?.oldest ?? 0);
  }

  #upTo(revision: number): Documents {
    const rows = this.#database.prepare(UP_TO).all(revision);
    return new Map(
      rows.map((row) => [String(row.name), { value: JSON.parse(String(row.value)), revision: Number(row.revision) }]),
    );
  }

  /** Revisions up to `last`, and versions that none of the others show. */
  #forget(last: number): void {
    if (last < 1) return;
    const superseded = `DELETE FROM version WHERE revision <= ?1 AND EXISTS (SELECT 1 FROM version AS newer
      WHERE newer.name = version.name AND newer.revision > version.revision AND newer.revision <= ?1 + 1)`;
    this.#database.prepare(superseded).run(last);
    this.#database.prepare('DELETE FROM version WHERE revision <= ? AND value IS NULL').run(last);
    this.#database.prepare('DELETE FROM revision WHERE revision <= ?').run(last);
  }

  #tell(): void {
    for (const watcher of this.#watchers) queueMicrotask(watcher);
  }
}

const commitOf = (row: Row): Commit => ({
  revision: Number(row.revision),
  at: String(row.at),
  by: String(row.made_by),
  message: String(row.message),
  summary: JSON.parse(String(row.summary)),
  confirmBy: row.confirm_by === null ? undefined : String(row.confirm_by),
});
