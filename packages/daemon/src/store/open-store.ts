import { readFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { Settings } from '../settings.ts';
import { EtcdClient } from './etcd-client.ts';
import { EtcdStore } from './etcd-store.ts';
import { Memory } from './memory.ts';
import { SqliteStore } from './sqlite-store.ts';
import type { Store } from './store.ts';

/** As the settings say. `database`: the daemon's own. @throws Error: a file of the settings cannot be read. */
export function openStore({ store }: Pick<Settings, 'store'>, database: DatabaseSync): Store {
  if (store.kind === 'sqlite') return new SqliteStore(database);
  const { endpoints, prefix, authority, certificate, key } = store;
  const tls = {
    ...(authority !== undefined && { ca: readFileSync(authority) }),
    ...(certificate !== undefined && { cert: readFileSync(certificate) }),
    ...(key !== undefined && { key: readFileSync(key) }),
  };
  return new EtcdStore(new EtcdClient({ endpoints, tls }), { prefix, memory: new Memory(database) });
}
