// What is wanted, in etcd, for several machines. As git has it: documents are blobs under their hash, a revision lists them, and
// the head is the number of the newest revision. Only the head is ever compared, so a change of any size is one small transaction.
//
//   PREFIX/head                    the newest revision
//   PREFIX/revision/000000000012   what it is, and its documents
//   PREFIX/blob/HASH/0             a piece of a document
//   PREFIX/node/NAME               what a node says of itself, under a lease

import { createHash, randomUUID } from 'node:crypto';
import type { NodeReport } from '@twinpath/api';
import { z } from 'zod';
import { type EtcdClient, endOf, type KeyValue } from './etcd-client.ts';
import type { Memory } from './memory.ts';
import {
  type Commit,
  ConflictError,
  type Documents,
  type Head,
  KEPT_REVISIONS,
  type NewCommit,
  type Store,
} from './store.ts';

const blob = z.object({ revision: z.int(), hash: z.string(), pieces: z.int() });
const manifest = z.object({
  /** Of the attempt: whoever did not hear how it ended finds it again. */
  id: z.string(),
  at: z.string(),
  by: z.string(),
  message: z.string(),
  summary: z.unknown(),
  confirmBy: z.string().optional(),
  documents: z.record(z.string(), blob),
});
type Manifest = z.infer<typeof manifest>;
type Blob = z.infer<typeof blob>;

/** etcd takes requests of 1.5 MB. */
const PIECE_BYTES = 512 * 1024;
/** Blobs that no revision has any more are looked for once in so many revisions. */
const SWEEP_EVERY = 100;
/** Who has made a change for a revision so long ago is refused anyway: its blobs may go. */
const SWEEP_MARGIN = 10;

export interface EtcdStoreOptions {
  readonly prefix: string;
  readonly memory?: Memory;
  readonly keptRevisions?: number;
}

export class EtcdStore implements Store {
  readonly kind = 'etcd';
  readonly #etcd: EtcdClient;
  readonly #prefix: string;
  readonly #kept: number;
  readonly #memory: Memory | undefined;
  /** Documents do not change: what was read once is kept, as long as the head has it. */
  #values = new Map<string, unknown>();
  #lease: { readonly id: string; readonly seconds: number } | undefined;

  /** `etcd`: is this store's own from now on. */
  constructor(etcd: EtcdClient, { prefix, memory, keptRevisions = KEPT_REVISIONS }: EtcdStoreOptions) {
    this.#etcd = etcd;
    this.#memory = memory;
    this.#prefix = prefix;
    this.#kept = keptRevisions;
  }

  async head(): Promise<Head> {
    for (;;) {
      const revision = await this.#newest();
      if (revision === 0) return { revision, documents: new Map(), confirmBy: undefined };
      const found = await this.#manifest(revision);
      // It was forgotten in between: there is a newer one.
      if (found === undefined) continue;
      const documents = await this.#documents(found.manifest);
      this.#values = new Map(Object.values(found.manifest.documents).map(({ hash }) => [hash, this.#values.get(hash)]));
      const head = { revision, documents, confirmBy: found.manifest.confirmBy };
      this.#memory?.save(head);
      return head;
    }
  }

  remembered(): Head | undefined {
    return this.#memory?.load();
  }

  async documentsAt(revision: number): Promise<Documents | undefined> {
    if (revision === 0) return (await this.#newest()) <= this.#kept ? new Map() : undefined;
    const found = await this.#manifest(revision);
    return found && this.#documents(found.manifest);
  }

  async history({ before, limit }: { readonly before?: number; readonly limit: number }): Promise<readonly Commit[]> {
    const to = before === undefined ? endOf(this.#key('revision/')) : this.#revisionKey(before);
    const found = await this.#etcd.list(this.#key('revision/'), to, { last: limit });
    return found.map((one) => commitOf(Number(one.key.slice(-12)), manifestIn(one)));
  }

  async commit({ base, writes, ...described }: NewCommit): Promise<Commit> {
    const present = base === 0 ? {} : (await this.#manifest(base))?.manifest.documents;
    if (present === undefined || (await this.#newest()) !== base) throw new ConflictError(base);
    const revision = base + 1;
    const documents = new Map(Object.entries(present));
    for (const [name, value] of writes) {
      if (value === undefined) documents.delete(name);
      else documents.set(name, await this.#writeBlob(value, revision));
    }
    const { confirmBy, ...said } = described;
    const id = randomUUID();
    const made: Manifest = {
      id,
      ...said,
      ...(confirmBy !== undefined && { confirmBy }),
      documents: Object.fromEntries(documents),
    };
    const done = await this.#transact(base, [
      { put: this.#key('head'), value: String(revision) },
      { put: this.#revisionKey(revision), value: JSON.stringify(made) },
      { delete: this.#key('revision/'), to: this.#revisionKey(Math.max(0, revision - this.#kept + 1)) },
    ]).catch(async (error: unknown) => {
      // It may have been done all the same.
      if ((await this.#manifest(revision))?.manifest.id === id) return true;
      throw error;
    });
    if (!done && (await this.#manifest(revision))?.manifest.id !== id) throw new ConflictError(base);
    if (revision % SWEEP_EVERY === 0) await this.#sweep(revision);
    return { revision, ...described };
  }

  async confirm(revision: number): Promise<boolean> {
    const found = await this.#manifest(revision);
    if (found?.manifest.confirmBy === undefined) return false;
    const { confirmBy, ...confirmed } = found.manifest;
    const { key, modRevision } = found;
    return this.#etcd.transact(
      [
        { key: this.#key('head'), value: String(revision) },
        { key, modRevision },
      ],
      // Who watches the head is told, too.
      [
        { put: key, value: JSON.stringify(confirmed) },
        { put: this.#key('head'), value: String(revision) },
      ],
    );
  }

  watch(changed: () => void): Disposable {
    return this.#etcd.watch(this.#key('head'), changed);
  }

  async report(report: NodeReport, seconds: number): Promise<void> {
    const key = this.#key(`node/${report.node}`);
    const lease = this.#lease;
    const isKept = lease?.seconds === seconds && (await this.#etcd.keepLease(lease.id));
    const id = isKept ? lease.id : await this.#etcd.grantLease(seconds);
    this.#lease = { id, seconds };
    await this.#etcd.put(key, JSON.stringify(report), id);
  }

  async reports(): Promise<readonly NodeReport[]> {
    const found = await this.#etcd.list(this.#key('node/'), endOf(this.#key('node/')));
    return found.map(({ value }): NodeReport => JSON.parse(value.toString()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#etcd[Symbol.dispose]();
  }

  #key(name: string): string {
    return `${this.#prefix}/${name}`;
  }

  #revisionKey(revision: number): string {
    return this.#key(`revision/${String(revision).padStart(12, '0')}`);
  }

  async #newest(): Promise<number> {
    return Number((await this.#etcd.get(this.#key('head')))?.value ?? 0);
  }

  #transact(base: number, steps: Parameters<EtcdClient['transact']>[1]): Promise<boolean> {
    const key = this.#key('head');
    return this.#etcd.transact([base === 0 ? { key, exists: false } : { key, value: String(base) }], steps);
  }

  async #manifest(
    revision: number,
  ): Promise<{ readonly key: string; readonly modRevision: bigint; readonly manifest: Manifest } | undefined> {
    const found = await this.#etcd.get(this.#revisionKey(revision));
    return found && { ...found, manifest: manifestIn(found) };
  }

  async #documents({ documents }: Manifest): Promise<Documents> {
    const entries = Object.entries(documents);
    const missing = entries.filter(([, { hash }]) => !this.#values.has(hash));
    // One after the other takes a while; all at once is more than is needed, unless nothing is known yet.
    if (missing.length > 50) await this.#readAllBlobs(new Set(missing.map(([, { hash }]) => hash)));
    const found = new Map<string, { readonly value: unknown; readonly revision: number }>();
    for (const [name, one] of entries) found.set(name, { value: await this.#readBlob(one), revision: one.revision });
    return found;
  }

  async #writeBlob(value: unknown, revision: number): Promise<Blob> {
    const bytes = Buffer.from(JSON.stringify(value));
    const hash = createHash('sha256').update(bytes).digest('hex');
    const pieces = Math.ceil(bytes.length / PIECE_BYTES);
    // Also those that are there: a sweep leaves alone what was written lately.
    for (let piece = 0; piece < pieces; piece++) {
      await this.#etcd.put(
        this.#key(`blob/${hash}/${piece}`),
        bytes.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES),
      );
    }
    return { revision, hash, pieces };
  }

  async #readBlob({ hash, pieces }: Blob): Promise<unknown> {
    if (this.#values.has(hash)) return this.#values.get(hash);
    const found = await Promise.all(
      Array.from({ length: pieces }, (_, piece) => this.#etcd.get(this.#key(`blob/${hash}/${piece}`))),
    );
    const bytes = Buffer.concat(found.flatMap((piece) => (piece === undefined ? [] : [piece.value])));
    if (createHash('sha256').update(bytes).digest('hex') !== hash)
      throw new Error(`the document ${hash} in etcd is damaged`);
    const value: unknown = JSON.parse(bytes.toString());
    this.#values.set(hash, value);
    return value;
  }

  async #readAllBlobs(wanted: ReadonlySet<string>): Promise<void> {
    const pieces = new Map<string, Buffer[]>();
    for (const { key, value } of await this.#etcd.list(this.#key('blob/'), endOf(this.#key('blob/')))) {
      const [hash = '', piece] = key.slice(this.#key('blob/').length).split('/');
      if (!wanted.has(hash)) continue;
      const own = pieces.get(hash) ?? [];
      own[Number(piece)] = value;
      pieces.set(hash, own);
    }
    for (const [hash, own] of pieces) this.#values.set(hash, JSON.parse(Buffer.concat(own).toString()));
  }

  /** Blobs of no revision, and not of one that is just being made. What cannot be removed now is the next time. */
  async #sweep(newest: number): Promise<void> {
    const margin = await this.#manifest(Math.max(1, newest - SWEEP_MARGIN));
    if (margin === undefined) return;
    const used = new Set<string>();
    for (const one of await this.#etcd.list(this.#key('revision/'), endOf(this.#key('revision/')))) {
      for (const { hash } of Object.values(manifestIn(one).documents)) used.add(hash);
    }
    const blobs = await this.#etcd.list(this.#key('blob/'), endOf(this.#key('blob/')), { keysOnly: true });
    for (const { key, modRevision } of blobs) {
      const [hash = ''] = key.slice(this.#key('blob/').length).split('/');
      if (used.has(hash) || modRevision >= margin.modRevision) continue;
      await this.#etcd.transact([{ key, modRevision }], [{ delete: key }]);
    }
  }
}

const manifestIn = ({ value }: KeyValue): Manifest => manifest.parse(JSON.parse(value.toString()));

const commitOf = (revision: number, { at, by, message, summary, confirmBy }: Manifest): Commit => ({
  revision,
  at,
  by,
  message,
  summary,
  confirmBy,
});
