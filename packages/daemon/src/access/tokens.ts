// Secrets of those who ask over TCP. Only their hashes are kept; they are random, so a fast hash is enough.
import { createHash, randomBytes } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { Scope, Token } from '@twinpath/api';

export interface IssuedToken extends Token {
  readonly secret: string;
}
export interface NewToken {
  readonly name: string;
  readonly scope: Scope;
  readonly expiresAt?: string;
}

/** Known at sight, for those who search for secrets that got out. */
const PREFIX = 'tpt_';
/** The time of use is noted no more often. */
const NOTE_MS = 60_000;

const hashOf = (secret: string): Uint8Array => createHash('sha256').update(secret).digest();
const newSecret = (): string => `${PREFIX}${randomBytes(32).toString('base64url')}`;

export class Tokens {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  list(): readonly Token[] {
    return this.#database.prepare('SELECT * FROM token ORDER BY name').all().map(tokenOf);
  }

  /** `undefined`: there is one of this name. */
  create({ name, scope, expiresAt: given }: NewToken): IssuedToken | undefined {
    const expiresAt = given === undefined ? undefined : timeOf(given);
    const secret = newSecret();
    const createdAt = new Date().toISOString();
    const { changes } = this.#database
      .prepare('INSERT OR IGNORE INTO token (name, scope, hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?)')
      .run(name, scope, hashOf(secret), createdAt, expiresAt ?? null);
    if (changes === 0) return undefined;
    return { name, scope, createdAt, ...(expiresAt !== undefined && { expiresAt }), secret };
  }

  /** The present secret holds for `graceSeconds` more. `undefined`: there is no such token. */
  rotate(name: string, graceSeconds: number): IssuedToken | undefined {
    const secret = newSecret();
    const until = new Date(Date.now() + graceSeconds * 1000).toISOString();
    const row = this.#database
      .prepare('UPDATE token SET old_hash = hash, old_until = ?, hash = ? WHERE name = ? RETURNING *')
      .get(until, hashOf(secret), name);
    return row && { ...tokenOf(row), secret };
  }

  /** `false`: there is no such token. */
  delete(name: string): boolean {
    return this.#database.prepare('DELETE FROM token WHERE name = ?').run(name).changes > 0;
  }

  /** Whose secret it is. `undefined`: nobody's, or not any more. */
  find(secret: string): Token | undefined {
    if (!secret.startsWith(PREFIX) || secret.length > 100) return undefined;
    const now = new Date().toISOString();
    const query = `SELECT * FROM token
      WHERE (hash = ?1 OR (old_hash = ?1 AND old_until > ?2)) AND (expires_at IS NULL OR expires_at > ?2)`;
    const row = this.#database.prepare(query).get(hashOf(secret), now);
    if (row === undefined) return undefined;
    const token = tokenOf(row);
    if (Date.now() - Date.parse(token.lastUsedAt ?? '1970-01-01') > NOTE_MS) {
      this.#database.prepare('UPDATE token SET last_used_at = ? WHERE name = ?').run(now, token.name);
    }
    return token;
  }
}

function tokenOf(row: Readonly<Record<string, SQLOutputValue>>): Token {
  const { name, scope, created_at: createdAt, expires_at: expiresAt, last_used_at: lastUsedAt } = row;
  return {
    name: String(name),
    scope: scope === 'admin' || scope === 'write' ? scope : 'read',
    createdAt: String(createdAt),
    ...(expiresAt !== null && { expiresAt: timeOf(expiresAt) }),
    ...(lastUsedAt !== null && { lastUsedAt: timeOf(lastUsedAt) }),
  };
}

const timeOf = (value: SQLOutputValue | undefined): string => new Date(String(value)).toISOString();
