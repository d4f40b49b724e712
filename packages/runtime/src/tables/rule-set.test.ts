import { SIZE_CLASSES } from '@twinpath/classifier';
import { TableFullError } from '@twinpath/vnf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inMemory, plan, typed } from '../fixtures/tables.ts';
import { StagedTables } from '../staging/staged-tables.ts';
import { LiveSwitch } from './generation-switch.ts';
import { indexKey } from './instance-maps.ts';
import { runningTables } from './running-tables.ts';

const [smallest] = SIZE_CLASSES;

describe('a rule set', () => {
  test('changes all its tables with one bit, and keeps those that are not named', () => {
    const { tables, state } = inMemory();
    tables.set.replace({
      members: [[{ address: '10.0.0.1' }, { weight: 1 }]],
      ordered: [[{ src: '10.0.0.0/8' }, { action: 'yes' }]],
      list: [{ weight: 3 }],
    });
    expect(state.generation(0)).toBe(1);
    tables.set.replace({ ordered: [[{}, { action: 'no' }]] });
    expect(state.generation(0)).toBe(0);
    expect([...tables.set.members]).toEqual([[{ address: '10.0.0.1' }, { weight: 1 }]]);
    expect([...tables.set.ordered]).toEqual([[{}, { action: 'no' }]]);
    expect([...tables.set.list].map(([, { weight }]) => weight)).toEqual([3, 0, 0]);
  });

  test('leaves the generation alone that packets see until the new one is whole', () => {
    const { tables, maps } = inMemory();
    tables.set.members.replace([[{ address: '10.0.0.1' }, { weight: 1 }]]);
    const before = [...maps.store('set.members.4@1').entries()];
    tables.set.members.replace([[{ address: '10.0.0.2' }, { weight: 2 }]]);
    expect([...maps.store('set.members.4@1').entries()]).toEqual(before);
    expect([...tables.set.members]).toEqual([[{ address: '10.0.0.2' }, { weight: 2 }]]);
  });

  test('is as it was when one of its tables refuses', () => {
    const { tables, state } = inMemory();
    tables.set.replace({ list: [{ weight: 1 }], members: [[{ address: '10.0.0.1' }, { weight: 1 }]] });
    const many = Array.from({ length: 7 }, (_, n) => [{ address: `10.0.0.${n}` }, { weight: n }] as const);
    expect(() => tables.set.replace({ list: [{ weight: 2 }], members: many })).toThrow(TableFullError);
    // @ts-expect-error: the types refuse it too
    expect(() => tables.set.replace({ other: [] })).toThrow('rule set set has no table other');
    expect(tables.set.list.get(0)).toEqual({ weight: 1 });
    expect(state.generation(0)).toBe(1);
  });

  test('takes single changes in place', () => {
    const { tables, state } = inMemory();
    tables.set.members.set({ address: 'fd00::1' }, { weight: 5 });
    tables.set.list.set(1, { weight: 6 });
    expect(state.generation(0)).toBe(0);
    expect(tables.set.members.get({ address: 'fd00::1' })).toEqual({ weight: 5 });
    expect(tables.set.members.delete({ address: 'fd00::1' })).toBe(true);
    expect(tables.set.list.get(1)).toEqual({ weight: 6 });
  });

  test('does not write a generation that packets may still see', () => {
    const { state } = inMemory();
    const generations = new LiveSwitch(state, 0, 30);
    generations.commit(generations.begin());
    const began = performance.now();
    expect(generations.begin()).toBe(0);
    expect(performance.now() - began).toBeGreaterThanOrEqual(29);
  });
});

describe('a classifier', () => {
  test('writes its tree and the values of its rules into the element of its generation', () => {
    const { tables, maps, state } = inMemory();
    tables.alone.replace([
      [{ dport: 443 }, { action: 'yes' }],
      [{ dport: '8000-8999' }, { action: 'no' }],
      [{}, { action: 'yes' }],
    ]);
    expect(state.generation(1)).toBe(1);
    const size = plan.tables.find(({ path }) => path === 'alone')?.value.size ?? 0;
    const element = maps.memory('alone@1');
    const actions = [0, 1, 2].map((number) => element[(smallest?.valueBytes ?? 0) + number * size]);
    expect(actions).toEqual([1, 0, 1]);
    expect([...tables.alone]).toEqual([
      [{ dport: 443 }, { action: 'yes' }],
      [{ dport: '8000-8999' }, { action: 'no' }],
      [{}, { action: 'yes' }],
    ]);
  });

  test('counts hits of its rules anew when they change', () => {
    const { tables, maps } = inMemory();
    const hit = (...copies: readonly bigint[]) =>
      maps.store('alone.hits').update(indexKey(0), new Uint8Array(BigUint64Array.from(copies).buffer), 'any');
    tables.alone.replace([[{}, { action: 'yes' }]]);
    hit(3n, 0n, 4n);
    expect(tables.alone.hits(0)).toBe(7);
    expect(tables.alone.hits(1)).toBe(0);
    tables.alone.replace([[{}, { action: 'no' }]]);
    expect(tables.alone.hits(0)).toBe(0);
    hit(3n, 1n, 4n);
    expect(tables.alone.hits(0)).toBe(1);
    tables.alone.replace([]);
    tables.alone.replace([[{}, { action: 'no' }]]);
    expect(tables.alone.hits(0)).toBe(0);
  });

  test('keeps the hits of rules that stay, whatever their numbers become', () => {
    const { tables, maps } = inMemory();
    const hit = (number: number, count: bigint) =>
      maps.store('alone.hits').update(indexKey(number), new Uint8Array(BigUint64Array.of(count, 0n, 0n).buffer), 'any');
    const [ssh, web, dns] = ([22, 80, 53] as const).map((dport) => [{ dport }, { action: 'yes' as const }] as const);
    if (!ssh || !web || !dns) throw new Error('three rules');
    tables.alone.replace([ssh, web]);
    hit(0, 10n);
    hit(1, 3n);
    tables.alone.replace([ssh, dns, web]);
    expect([0, 1, 2].map((number) => tables.alone.hits(number))).toEqual([10, 0, 3]);
    hit(1, 5n);
    hit(2, 1n);
    expect([0, 1, 2].map((number) => tables.alone.hits(number))).toEqual([10, 2, 4]);
    tables.alone.replace([dns, web]);
    expect([0, 1].map((number) => tables.alone.hits(number))).toEqual([2, 4]);
    const { alone } = typed(runningTables(plan, maps, { adopted: true }));
    expect([0, 1].map((number) => alone.hits(number))).toEqual([2, 4]);
    tables.alone.replace([dns, [{ dport: 80 }, { action: 'no' }]]);
    expect([0, 1].map((number) => tables.alone.hits(number))).toEqual([2, 0]);
    const { classifiers } = runningTables(plan, maps, { adopted: true });
    expect(classifiers.get('alone')?.allHits()).toEqual([2, 0]);
  });

  test('is known with its rules and hits to who comes later, and not to who begins', () => {
    const src = fc.constantFrom('10.0.0.0/8', '0.0.0.0/0', '192.0.2.1/32', 'fd00::/16', '::/0');
    const match = fc.record({ src, kind: fc.constantFrom('a', 'b') }, { requiredKeys: [] });
    const rule = fc.tuple(match, fc.record({ action: fc.constantFrom('no', 'yes') }));
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 10 }), fc.array(rule, { maxLength: 10 }), (first, second) => {
        const { tables, maps } = inMemory();
        const later = () => typed(runningTables(plan, maps, { adopted: true }));
        expect([...later().set.ordered]).toEqual([]);
        tables.set.replace({ ordered: first });
        expect([...later().set.ordered]).toEqual(first);
        tables.set.replace({ ordered: second });
        // Who comes later changes something else, and then somebody comes still later.
        later().set.replace({ list: [{ weight: 1 }] });
        expect([...later().set.ordered]).toEqual(second);
        const staged = new StagedTables(plan, { ports: [], maps, running: undefined });
        expect([...typed(staged.live).set.ordered]).toEqual(second);
      }),
      { numRuns: 30 },
    );
    const { tables, maps } = inMemory();
    const hit = (count: bigint) =>
      maps.store('alone.hits').update(indexKey(0), new Uint8Array(BigUint64Array.of(count, 0n, 0n).buffer), 'any');
    hit(5n);
    tables.alone.replace([[{ dport: '80-90' }, { action: 'yes' }]]);
    hit(7n);
    const { alone } = typed(runningTables(plan, maps, { adopted: true }));
    expect([[...alone], alone.hits(0)]).toEqual([[[{ dport: '80-90' }, { action: 'yes' }]], 2]);
  });

  test('names rule and field of what it cannot match', () => {
    const { tables } = inMemory();
    // @ts-expect-error: the types refuse it too
    expect(() => tables.alone.replace([[{ port: 1 }, { action: 'yes' }]])).toThrow(
      'rule 0 of alone has a field port; there are dport',
    );
    expect(() => tables.alone.replace([[{ dport: 70_000 }, { action: 'yes' }]])).toThrow(
      "field dport takes a port such as 443 or '8000-8999', not 70000",
    );
    const many = Array.from({ length: 11 }, () => [{}, { action: 'yes' } as const] as const);
    expect(() => tables.alone.replace(many)).toThrow('table alone is full: it holds 10 entries');
    expect([...tables.alone]).toEqual([]);
  });
});
