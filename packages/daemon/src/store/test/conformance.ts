// What holds for every store.
import type { NodeReport } from '@twinpath/api';
import { describe, expect, it, vi } from 'vitest';
import { ConflictError, type Documents, type NewCommit, type Store } from '../store.ts';

const write = (base: number, writes: Readonly<Record<string, unknown>>, more: Partial<NewCommit> = {}): NewCommit => ({
  base,
  writes: new Map(Object.entries(writes)),
  at: '2026-11-21T18:00:00.000Z',
  by: 'uid:0',
  message: '',
  summary: {},
  confirmBy: undefined,
  ...more,
});
const values = (documents: Documents | undefined) =>
  documents && Object.fromEntries([...documents].map(([name, { value }]) => [name, value]));
const report = (node: string): NodeReport => ({
  node,
  labels: {},
  version: '0',
  revision: 1,
  healthy: true,
  at: '2026-11-21T18:00:00.000Z',
  chains: [],
});

/** So many revisions are kept here. */
export const KEPT = 20;

/** `open`: a store with nothing in it that keeps `KEPT` revisions; `again`: another one of what it holds. */
export function storeConforms(open: () => Promise<{ readonly store: Store; again(): Promise<Store> }>): void {
  describe('a store', () => {
    it('begins with nothing', async () => {
      const { store } = await open();
      expect(await store.head()).toEqual({ revision: 0, documents: new Map(), confirmBy: undefined });
      expect(await store.history({ limit: 10 })).toEqual([]);
      expect(await store.documentsAt(0)).toEqual(new Map());
      expect(await store.documentsAt(1)).toBeUndefined();
      expect(await store.reports()).toEqual([]);
    });

    it('changes documents together, and keeps every revision of them', async () => {
      const { store, again } = await open();
      const first = await store.commit(write(0, { 'chain/a': { x: 1 }, 'chain/b': [null, 'ü'] }, { message: 'first' }));
      expect(first).toMatchObject({ revision: 1, message: 'first', by: 'uid:0' });
      await store.commit(write(1, { 'chain/a': undefined, 'function/c': 'text' }, { summary: { chains: ['a'] } }));
      for (const one of [store, await again()]) {
        const { revision, documents } = await one.head();
        expect([revision, values(documents)]).toEqual([2, { 'chain/b': [null, 'ü'], 'function/c': 'text' }]);
        expect([...documents].map(([name, { revision: of }]) => [name, of]).toSorted()).toEqual([
          ['chain/b', 1],
          ['function/c', 2],
        ]);
        expect(values(await one.documentsAt(1))).toEqual({ 'chain/a': { x: 1 }, 'chain/b': [null, 'ü'] });
        expect(values(await one.documentsAt(0))).toEqual({});
        const history = await one.history({ limit: 10 });
        expect(history.map((commit) => [commit.revision, commit.message, commit.summary])).toEqual([
          [2, '', { chains: ['a'] }],
          [1, 'first', {}],
        ]);
        expect(await one.history({ before: 2, limit: 1 })).toEqual([first]);
      }
    });

    it('refuses what was made for another revision, whoever is first', async () => {
      const { store, again } = await open();
      const other = await again();
      await store.commit(write(0, { 'chain/a': 1 }));
      await expect(other.commit(write(0, { 'chain/a': 2 }))).rejects.toThrow(ConflictError);
      await expect(other.commit(write(7, { 'chain/a': 2 }))).rejects.toThrow(ConflictError);
      const racing = Array.from({ length: 8 }, (_, n) => (n % 2 ? store : other).commit(write(1, { 'chain/a': n })));
      const results = await Promise.allSettled(racing);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await other.head()).revision).toBe(2);
    });

    it('keeps a large change whole', async () => {
      const { store, again } = await open();
      const rules = Array.from({ length: 20_000 }, (_, n) => ({
        source: `10.${n >> 8}.${n & 255}.0/24`,
        action: 'allow',
      }));
      const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`chain/c${n}`, { n }]));
      await store.commit(write(0, { 'chain/large': { rules }, ...many }));
      const { documents } = await (await again()).head();
      expect(documents.get('chain/large')?.value).toEqual({ rules });
      expect(documents.size).toBe(301);
    });

    it('knows what waits to be confirmed', async () => {
      const { store, again } = await open();
      const confirmBy = '2026-11-21T18:01:00.000Z';
      await store.commit(write(0, { 'chain/a': 1 }, { confirmBy }));
      expect((await (await again()).head()).confirmBy).toBe(confirmBy);
      expect(await store.confirm(2)).toBe(false);
      expect(await store.confirm(1)).toBe(true);
      expect(await store.confirm(1)).toBe(false);
      expect((await store.head()).confirmBy).toBeUndefined();
      expect((await store.history({ limit: 1 }))[0]?.confirmBy).toBeUndefined();
      await store.commit(write(1, { 'chain/a': 2 }, { confirmBy }));
      await store.commit(write(2, { 'chain/a': 1 }));
      expect((await store.head()).confirmBy).toBeUndefined();
      expect(await store.confirm(2)).toBe(false);
    });

    it('tells who watches', async () => {
      const { store } = await open();
      let told = 0;
      const watching = store.watch(() => told++);
      await store.commit(write(0, { 'chain/a': 1 }));
      await vi.waitFor(() => expect(told).toBeGreaterThan(0), { timeout: 5000 });
      watching[Symbol.dispose]();
      const before = told;
      await store.commit(write(1, { 'chain/a': 2 }));
      await store.head();
      expect(told).toBe(before);
    });

    it('knows what nodes say, for as long as it holds', async () => {
      const { store, again } = await open();
      await store.report(report('b'), 60);
      await store.report(report('a'), 1);
      await store.report({ ...report('b'), healthy: false }, 60);
      const other = await again();
      expect(await other.reports()).toEqual([report('a'), { ...report('b'), healthy: false }]);
      await vi.waitFor(async () => expect(await other.reports()).toHaveLength(1), { timeout: 10_000, interval: 200 });
    });

    it('forgets what is long past, and nothing that is still wanted', async () => {
      const { store } = await open();
      await store.commit(write(0, { 'chain/stays': 'old', 'chain/goes': 1 }));
      await store.commit(write(1, { 'chain/goes': undefined }));
      const last = KEPT + 5;
      for (let base = 2; base < last; base++) await store.commit(write(base, { 'chain/a': base }));
      expect(values((await store.head()).documents)).toEqual({ 'chain/stays': 'old', 'chain/a': last - 1 });
      expect(await store.history({ limit: 10_000 })).toHaveLength(KEPT);
      expect(await store.documentsAt(0)).toBeUndefined();
      expect(await store.documentsAt(5)).toBeUndefined();
      expect(values(await store.documentsAt(6))).toEqual({ 'chain/stays': 'old', 'chain/a': 5 });
    });
  });
}
