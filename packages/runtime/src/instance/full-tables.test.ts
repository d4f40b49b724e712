import { COUNTERS } from '@twinpath/compiler/abi';
import type { Log } from '@twinpath/vnf';
import { expect, test } from 'vitest';
import { CPUS, inMemory, plan } from '../fixtures/tables.ts';
import { indexKey } from '../tables/instance-maps.ts';
import { FullTables } from './full-tables.ts';

function refuse(maps: ReturnType<typeof inMemory>['maps'], times: number) {
  const store = maps.store(COUNTERS);
  const stored = store.lookup(indexKey(0)) ?? new Uint8Array();
  const slot = plan.counters.slots.indexOf('table plain full');
  const view = new DataView(stored.buffer);
  // Of the last CPU.
  const at = (stored.length / CPUS) * (CPUS - 1) + slot * 8;
  view.setBigUint64(at, view.getBigUint64(at, true) + BigInt(times), true);
  store.update(indexKey(0), stored, 'any');
}

test('a table that is full is said to be so at once, and then once a minute', () => {
  const { maps } = inMemory();
  const lines: string[] = [];
  const line = (text: string) => void lines.push(text);
  const log: Log = { debug: line, info: line, warn: line, error: line };
  // What an instance before has counted, it has said.
  refuse(maps, 100);
  const full = new FullTables(plan, maps, log);
  full.check(maps, 1);
  expect(lines).toEqual([]);
  refuse(maps, 3);
  full.check(maps, 2);
  refuse(maps, 4);
  full.check(maps, 3);
  refuse(maps, 5);
  full.check(maps, 62);
  full.check(maps, 200);
  const said = 'table plain is full: it holds 6 entries, and';
  expect(lines).toEqual([
    `${said} 3 insertions of the fast path were refused`,
    `${said} 9 insertions of the fast path were refused`,
  ]);
});
