import type { DatabaseSync } from 'node:sqlite';
import type { Settings } from '../settings.ts';
import { SqliteStore } from './sqlite-store.ts';
import type { Store } from './store.ts';

/** As the settings say. `database`: the daemon's own. */
export function openStore({ store }: Pick<Settings, 'store'>, database: DatabaseSync): Store {
  if (store.kind === 'etcd') throw new Error('not yet');
  return new SqliteStore(database);
}
