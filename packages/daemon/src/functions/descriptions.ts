import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { Description } from './description.ts';
import type { Inspector } from './inspector.ts';

/** What functions declare, looked at once for each state of their file: that takes a second, and a thread. */
export class Descriptions {
  readonly #database: DatabaseSync;
  readonly #inspector: Inspector;
  readonly #version: string;
  /** By file and state. */
  readonly #known = new Map<string, Description>();

  /** `version`: of what describes. */
  constructor(database: DatabaseSync, inspector: Inspector, version: string) {
    this.#database = database;
    this.#inspector = inspector;
    this.#version = version;
  }

  /** @throws RefusedError; SystemError when there is no such file. */
  async of(file: string): Promise<Description> {
    const state = `${this.#version} ${statSync(file).mtimeMs}`;
    const key = `${file} ${state}`;
    const known = this.#known.get(key) ?? this.#kept(file, state);
    const description = known ?? (await this.#inspector.ask({ kind: 'describe', file }));
    if (known === undefined) this.#keep(file, state, description);
    this.#known.set(key, description);
    return description;
  }

  #kept(file: string, state: string): Description | undefined {
    const row = this.#database
      .prepare('SELECT description FROM description WHERE file = ? AND state = ?')
      .get(file, state);
    return row && JSON.parse(String(row.description));
  }

  #keep(file: string, state: string, description: Description): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO description (file, state, description) VALUES (?, ?, ?)')
      .run(file, state, JSON.stringify(description));
  }
}
