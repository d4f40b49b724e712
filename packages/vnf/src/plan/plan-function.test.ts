import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countByCountry, firewall } from '../fixtures.ts';
import { array, drop, ip, notice, oneOf, packetIn, ruleSet, table, u8, u16, u32, vnf } from '../index.ts';
import { anySample } from '../layout/arbitrary-shape.ts';
import { codec } from '../layout/codec.ts';
import { overrideReasons } from './override-reasons.ts';
import { planFunction } from './plan-function.ts';
import { valueLayout } from './value.ts';

const maps = (plan: ReturnType<typeof planFunction>) =>
  plan.tables.flatMap((table) =>
    table.maps.map((m) => `${m.name} ${m.type} ${m.key.size}:${m.valueSize} ${m.maxEntries}`),
  );

describe('planFunction', () => {
  it('plans the firewall: a map for each family, two generations in the rule set, none for the classifier', () => {
    const plan = planFunction(firewall);
    expect(maps(plan)).toEqual([
      'rules.networks.4@0 lpm-trie 8:8 100',
      'rules.networks.4@1 lpm-trie 8:8 100',
      'rules.networks.6@0 lpm-trie 20:8 100',
      'rules.networks.6@1 lpm-trie 20:8 100',
      'flows.4 lru-hash 16:32 1000000',
      'flows.6 lru-hash 40:32 1000000',
      'named.4 hash 4:8 65536',
      'named.6 hash 16:8 65536',
    ]);
    expect(plan.ruleSets).toEqual([{ path: 'rules', tables: ['rules.ordered', 'rules.networks'], generationIndex: 0 }]);
    const [ordered, , flows, named] = plan.tables;
    expect(ordered).toMatchObject({ kind: 'classifier', ruleSet: 'rules', maps: [] });
    expect(ordered?.match?.map(({ name, type }) => `${name} ${type.kind}`)).toEqual([
      'direction enum',
      'src prefix',
      'dst prefix',
      'protocol protocol',
      'dport portRange',
    ]);
    expect(flows).toMatchObject({
      hidden: { touched: 24 },
      idle: { by: 'field', field: 'state', offset: 0, seconds: [30, 7200, 10] },
      whenFull: 'evict',
      timeoutSeconds: undefined,
    });
    expect(named).toMatchObject({ hidden: { written: 4 }, idle: undefined, timeoutSeconds: 300, whenFull: 'refuse' });
    expect(plan.reasons).toMatchObject([
      { name: 'undecided', index: 0, kind: 'packetIn', limitPerSecond: 5000, overLimit: 'drop', answerWithinNs: 1e9 },
    ]);
    expect(plan.reasons[0]?.metadata?.size).toBe(40);
  });

  it('orders the counters: the function, its reasons, its tables, its own', () => {
    expect(planFunction(firewall).counters.slots).toEqual([
      'packets',
      'verdict drop',
      'verdict next',
      'verdict stack',
      'verdict bounce',
      'verdict forward',
      'verdict flood',
      'verdict slowPath',
      'reason undecided',
      'reason undecided over limit',
      'reason undecided lost',
      'reason undecided absent',
      'table rules.ordered full',
      'table rules.networks full',
      'table flows full',
      'table named full',
      'count opened',
      'count refused',
      'decided by',
    ]);
  });

  it('plans count-by-country: tries by family, and a tally with one slot for what came too late', () => {
    const plan = planFunction(countByCountry);
    expect(maps(plan)).toEqual([
      'networks.4 lpm-trie 8:8 1000000',
      'networks.6 lpm-trie 20:8 1000000',
      'countries percpu-hash 2:16 256',
    ]);
    expect(plan.tables[1]?.overflow).toMatchObject({
      name: 'countries.overflow',
      type: 'percpu-array',
      valueSize: 16,
      maxEntries: 1,
    });
    expect(plan.tables[1]).toMatchObject({ perCpu: true });
  });

  it('takes the map type from how entries live', () => {
    const key = u32;
    const value = { n: u8 };
    const full = notice({ limit: '1/s' });
    const plan = planFunction(
      vnf({
        name: 'kinds',
        reasons: { full },
        tables: {
          plain: table({ key, value, max: 1 }),
          evict: table({ key, value, max: 1, whenFull: 'evict' }),
          each: table({ key, value, max: 1, perCpu: true }),
          both: table({ key, value, max: 1, perCpu: true, whenFull: 'evict' }),
          told: table({ key, value, max: 1, whenFull: full, idleTimeout: '1500 ms', timeout: '2 s' }),
          slots: array({ value, max: 4 }),
          own: array({ value, max: 4, perCpu: true }),
        },
        fastPath: () => drop,
        slowPath: () => ({ full() {} }),
      }),
    );
    expect(plan.tables.map((table) => table.maps[0]?.type)).toEqual([
      'hash',
      'lru-hash',
      'percpu-hash',
      'lru-percpu-hash',
      'hash',
      'array',
      'percpu-array',
    ]);
    expect(plan.tables[4]).toMatchObject({
      whenFull: { notice: 'full' },
      idle: { by: 'all', seconds: 2 },
      timeoutSeconds: 2,
      hidden: { touched: 4, written: 8 },
    });
    expect(plan.tables[4]?.value.size).toBe(16);
  });

  it('numbers rule sets in the order declared', () => {
    const one = () => ruleSet({ t: table({ key: { a: ip }, value: { s: oneOf('x') }, max: 1 }) });
    const plan = planFunction(vnf({ name: 'two', tables: { a: one(), b: one() }, fastPath: () => drop }));
    expect(plan.ruleSets.map(({ path, generationIndex }) => `${path} ${generationIndex}`)).toEqual(['a 0', 'b 1']);
    expect(plan.tables[0]?.maps.map(({ name, generation }) => `${name} ${generation}`)).toEqual([
      'a.t.4@0 0',
      'a.t.4@1 1',
      'a.t.6@0 0',
      'a.t.6@1 1',
    ]);
  });

  it('has a reason for each table that tells of changes, behind those of the author', () => {
    const flows = table({ key: { a: ip }, value: {}, max: 1, tellChanges: '5/s' });
    const other = notice({ limit: '1/s' });
    const slowPath = () => ({ other() {} });
    const { reasons } = planFunction(
      vnf({ name: 'telling', tables: { flows }, reasons: { other }, fastPath: () => drop, slowPath }),
    );
    expect(reasons.map(({ name, changesOf }) => [name, changesOf])).toEqual([
      ['other', undefined],
      ['flows changed', 'flows'],
    ]);
    expect(reasons[1]).toMatchObject({ kind: 'notice', limitPerSecond: 5, metadata: { size: 16 } });
    expect(() => vnf({ name: 'deaf', tables: { flows }, fastPath: () => drop })).toThrow(/tellChanges/);
    const set = ruleSet({ flows });
    expect(() => vnf({ name: 'set', tables: { set }, fastPath: () => drop, slowPath: () => {} })).toThrow(
      'the fast path writes no table of a rule set',
    );
  });

  it('lets a chain say otherwise of reasons, and leaves all else', () => {
    const asked = packetIn({ limit: '10/s', snap: 200 });
    const other = packetIn({ limit: '10/s' });
    const slowPath = () => ({ asked() {}, other() {} });
    const plan = planFunction(vnf({ name: 'asking', reasons: { asked, other }, fastPath: () => drop, slowPath }));
    const { reasons, ...rest } = overrideReasons(plan, { asked: { limit: '7/s' }, other: { snap: 64 } });
    expect(reasons).toEqual([
      { ...plan.reasons[0], limitPerSecond: 7 },
      { ...plan.reasons[1], snap: 64 },
    ]);
    expect({ ...rest, reasons: plan.reasons }).toEqual(plan);
  });

  it('gives the same plan again', () => {
    expect(planFunction(firewall)).toEqual(planFunction(firewall));
  });
});

describe('hidden fields', () => {
  it('lie behind the fields of the author, apart from each other, in whole words, and are written as zero', () => {
    fc.assert(
      fc.property(anySample(), ({ shape, value: given }) => {
        const { value, hidden } = valueLayout(shape, ['touched', 'written']);
        const end = Math.max(...value.fields.map(({ offset, size }) => offset + size));
        const { touched = 0, written = 0 } = hidden;
        expect(touched).toBeGreaterThanOrEqual(end);
        expect(written).toBe(touched + 4);
        expect(touched % 4).toBe(0);
        expect(value.size % 8).toBe(0);
        expect(value.size).toBeGreaterThanOrEqual(written + 4);
        expect(value.size).toBeLessThan(written + 4 + 8);
        const covered = [...value.fields, ...value.holes, { size: 8 }].reduce((sum, { size }) => sum + size, 0);
        expect(covered).toBe(value.size);
        const bytes = codec(value, { ports: ['left', 'right', 'up'] }).encode(
          given,
          new Uint8Array(value.size).fill(1),
        );
        expect([...bytes.subarray(touched, written + 4)]).toEqual(new Array(8).fill(0));
      }),
    );
  });

  it('need a word even where the author has no fields', () => {
    expect(valueLayout({}).value.size).toBe(8);
    expect(valueLayout({ a: u16 }).value).toMatchObject({ size: 8, holes: [{ offset: 2, size: 6 }] });
  });
});
