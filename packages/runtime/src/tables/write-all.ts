import type { MapStore } from '@twinpath/compiler';
import { isBatchStore, keyText, type StoredEntry } from './instance-maps.ts';

/** Entries for one system call. */
const BATCH = 4096;

/** The map has no room: of a hash table E2BIG, of a trie ENOSPC. */
export function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'E2BIG' || error.code === 'ENOSPC');
}

export function writeEntries(store: MapStore, entries: readonly StoredEntry[]): void {
  if (!isBatchStore(store)) {
    for (const [key, value] of entries) store.update(key, value, 'any');
    return;
  }
  for (let at = 0; at < entries.length; at += BATCH) store.updateBatch(entries.slice(at, at + BATCH));
}

/** How many were there. */
export function deleteKeys(store: MapStore, keys: readonly Uint8Array[]): number {
  if (!isBatchStore(store)) return keys.filter((key) => store.delete(key)).length;
  let deleted = 0;
  for (let at = 0; at < keys.length; at += BATCH) deleted += store.deleteBatch(keys.slice(at, at + BATCH));
  return deleted;
}

/** Makes the map hold exactly these entries: what stays is never missing, and what is new comes before the old goes, unless
 *  there is no room for both. */
export function replaceEntries(store: MapStore, entries: readonly StoredEntry[]): void {
  const wanted = new Set(entries.map(([key]) => keyText(key)));
  const stale = [...store.entries()].map(([key]) => key).filter((key) => !wanted.has(keyText(key)));
  writeThenDelete(store, entries, stale);
}

/** @throws as the store does, when the map is full although `stale` is gone. */
export function writeThenDelete(store: MapStore, entries: readonly StoredEntry[], stale: readonly Uint8Array[]): void {
  try {
    writeEntries(store, entries);
  } catch (error) {
    if (!isFull(error) || stale.length === 0) throw error;
    deleteKeys(store, stale);
    writeEntries(store, entries);
    return;
  }
  deleteKeys(store, stale);
}
