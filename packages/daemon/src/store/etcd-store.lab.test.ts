import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EtcdClient } from './etcd-client.ts';
import { EtcdStore } from './etcd-store.ts';
import { ConflictError } from './store.ts';
import { KEPT, storeConforms } from './test/conformance.ts';
import { EtcdCluster, hasEtcd } from './test/etcd-cluster.ts';

describe.runIf(hasEtcd)('with three members of etcd', () => {
  let cluster: EtcdCluster;
  const stores: EtcdStore[] = [];
  let prefixes = 0;
  const open = (prefix: string) => {
    const store = new EtcdStore(new EtcdClient({ endpoints: cluster.endpoints }), {
      prefix,
      keptRevisions: KEPT,
    });
    stores.push(store);
    return store;
  };
  beforeAll(async () => {
    cluster = await EtcdCluster.start();
  });
  afterAll(async () => {
    for (const store of stores) await store[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
  });

  storeConforms(async () => {
    const prefix = `/test/${++prefixes}`;
    return { store: open(prefix), again: async () => open(prefix) };
  });

  it('one of them can be killed under load: every change that was reported done is there, in order, and no other', async () => {
    const prefix = '/test/load';
    const [a, b] = [open(prefix), open(prefix)];
    const done: string[] = [];
    const write = async (store: EtcdStore, who: string, until: number) => {
      for (let n = 0; done.length < until; n++) {
        const { revision } = await store.head();
        const text = `${who}${n}`;
        const change = {
          base: revision,
          writes: new Map([['chain/x', text]]),
          at: '',
          by: who,
          message: text,
          summary: {},
          confirmBy: undefined,
        };
        try {
          await store.commit(change);
          done.push(text);
        } catch (error) {
          if (!(error instanceof ConflictError)) throw error;
        }
        if (done.length === 10) await cluster.kill(0);
      }
    };
    await Promise.all([write(a, 'a', 30), write(b, 'b', 30)]);
    cluster.restart(0);
    const history = (await open(prefix).history({ limit: KEPT })).map(({ message }) => message).toReversed();
    expect(history).toEqual(done.toSorted((x, y) => history.indexOf(x) - history.indexOf(y)).slice(-KEPT));
    const { revision, documents } = await a.head();
    expect(revision).toBe(done.length);
    expect(documents.get('chain/x')?.value).toBe(history.at(-1));
  });
});
