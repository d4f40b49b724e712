import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { firewall } from '../fixtures.ts';
import {
  array,
  classifier,
  copyToSlowPath,
  counters,
  drop,
  FastPathOnlyError,
  forward,
  guard,
  ip,
  logLine,
  lpm,
  migration,
  notice,
  oneOf,
  packetCopy,
  packetIn,
  port,
  portGroup,
  prefix,
  ruleSet,
  table,
  tally,
  text,
  traffic,
  u8,
  u16,
  u32,
  VnfSpecError,
  vnf,
} from '../index.ts';
import { isFunctionSpec, specOf } from '../spec/index.ts';
import type { AnyTable } from '../tables/rule-set.ts';

const fastPath = () => drop;
const withTable = (flows: AnyTable) => () => vnf({ name: 'test', tables: { flows }, fastPath });
const base = { key: u32, value: { n: u8 }, max: 1 };

describe('vnf', () => {
  it('gives plain frozen data', () => {
    expect(firewall).toMatchObject({ kind: 'vnf', name: 'firewall', ports: { kind: 'transparent' }, fastPath: 'one' });
    expect(isFunctionSpec(firewall)).toBe(true);
    expect(isFunctionSpec({ name: 'firewall' })).toBe(false);
    expect(Object.isFrozen(firewall) && Object.isFrozen(firewall.tables) && Object.isFrozen(firewall.reasons)).toBe(
      true,
    );
    expect(firewall.tables.rules).toMatchObject({
      kind: 'ruleSet',
      tables: { ordered: { kind: 'classifier', max: 10_000 } },
    });
    expect(firewall.tables.flows).toMatchObject({
      kind: 'table',
      whenFull: 'evict',
      perCpu: false,
      durable: false,
      layoutVersion: 1,
    });
    expect(firewall.counters.help).toEqual({ opened: 'flows allowed', refused: 'packets dropped' });
    expect(firewall.slowPath).toBeTypeOf('function');
    expect(firewall.configure).toBeUndefined();
  });

  it('keeps what each declaration was given', () => {
    const copy = packetCopy({ limit: '10/s', snap: 96 });
    expect(specOf(copy)).toEqual({ kind: 'packetCopy', metadata: {}, limitPerSecond: 10, snap: 96, way: 'ring' });
    expect(specOf(packetIn({ limit: '1/s', answerWithin: '4 s', overLimit: 'stack' }))).toMatchObject({
      overLimit: 'stack',
      unanswered: 'drop',
      answerWithinNs: 4e9,
    });
    expect(specOf(portGroup({ max: 8 }))).toEqual({ kind: 'portGroup', max: 8 });
    expect(specOf(drop)).toEqual({ kind: 'verdict', verdict: 'drop' });
    expect(port('left')).toBe('left');
    expect(vnf({ name: 'a', ports: ['left', 'right'], fastPath }).ports).toEqual({
      kind: 'named',
      names: ['left', 'right'],
    });
    expect(vnf({ name: 'a', fastPath: { ingress: fastPath, egress: fastPath } }).fastPath).toBe('ingress and egress');
  });

  it.each<[string, () => unknown, string]>([
    ['max', withTable(table({ ...base, max: 0 })), 'function test, table flows, max: 0 is no number of entries'],
    [
      'a name of the runtime',
      () => vnf({ name: 'a', tables: { state: table({ ...base }) }, fastPath }),
      'function a, table state: maps of the runtime are called that',
    ],
    [
      'a name of the runtime, with ports',
      () => vnf({ name: 'a', ports: ['p'], tables: { ports: table({ ...base }) }, fastPath }),
      'function a, table ports: maps of the runtime are called that',
    ],
    ['max', withTable(tally({ by: { n: u8 }, max: 1.5, help: 'x' })), 'max: 1.5 is no number'],
    [
      'field',
      withTable(table({ ...base, value: { p: prefix } })),
      'table flows, field p: prefix has no place in value',
    ],
    ['key', withTable(table({ ...base, key: { t: traffic } })), 'field t: traffic has no place in key'],
    ['key', withTable(table({ ...base, key: {} })), 'table flows, key: it has no fields'],
    ['key', withTable(table({ ...base, key: { a: text(200), b: text(100) } })), 'key: it takes 300 bytes'],
    ['name', withTable(table({ ...base, value: { 'a-b': u8 } })), 'field a-b: it is no name of a field'],
    ['enum', withTable(table({ ...base, value: { s: oneOf('a', 'a') } })), "field s: oneOf() names 'a' twice"],
    ['enum', withTable(table({ ...base, value: { s: oneOf() } })), 'oneOf() has 0 names'],
    ['text', withTable(table({ ...base, value: { s: text(0) } })), 'text(0) is not of 1 to 255 bytes'],
    [
      'lock',
      withTable(table({ ...base, value: { guard }, whenFull: 'evict' })),
      "no lock is possible in a table with whenFull: 'evict'",
    ],
    ['lock', withTable(table({ ...base, value: { a: guard, b: guard } })), 'the kernel takes one lock'],
    [
      'lock',
      withTable(table({ ...base, value: { a: { guard } } })),
      'field a.guard: the kernel finds no lock in a nested field',
    ],
    ['lock', withTable(array({ value: { guard }, max: 1, perCpu: true })), 'every CPU has its own copy'],
    ['lpm', withTable(lpm({ key: { a: u8 }, value: { n: u8 }, max: 1 })), 'one prefix, as its last field'],
    ['lpm', withTable(lpm({ key: { p: prefix, a: u8 }, value: { n: u8 }, max: 1 })), 'one prefix, as its last field'],
    ['idle', withTable(table({ ...base, idleTimeout: '300 ms' })), "idleTimeout: '300 ms' is less than a second"],
    ['idle', withTable(table({ ...base, idleTimeout: {} })), 'it does not name exactly one field'],
    ['timeout', withTable(table({ ...base, timeout: '0 s' })), "timeout: '0 s' is less than a second"],
    ['full', withTable(table({ ...base, whenFull: notice({ limit: '1/s' }) })), 'the notice is not among the reasons'],
    [
      'match',
      withTable(classifier({ match: { to: { a: u8 } }, value: { n: u8 }, max: 1 })),
      'field to: rules do not nest',
    ],
    ['version', withTable(table({ ...base, layoutVersion: 0 })), 'layoutVersion: 0 is no version'],
  ])('refuses a table with a wrong %s (%#)', (_, make, message) => {
    expect(make).toThrow(VnfSpecError);
    expect(make).toThrow(message);
  });

  it('checks idle timeouts by field against the names', () => {
    const given = { ...base, value: { state: oneOf('a', 'b'), n: u16 } };
    expect(withTable(table({ ...given, idleTimeout: { state: { a: '1 s', b: '1 s' } } }))).not.toThrow();
    const wrong = (idleTimeout: object) => withTable(table({ ...given, ...{ idleTimeout } }));
    expect(wrong({ state: { a: '1 s' } })).toThrow("field state: it says nothing of 'b'");
    expect(wrong({ state: { a: '1 s', b: '1 s', c: '1 s' } })).toThrow("'c' is no name of it");
    expect(wrong({ n: { a: '1 s' } })).toThrow('the value has no such field, or it is no oneOf()');
    expect(wrong({ other: { a: '1 s' } })).toThrow('field other: the value has no such field');
  });

  it('checks that migrations lead up to the present layout', () => {
    const step = (from: number) =>
      migration({ from, was: { m: u8 }, becomes: base.value, upgrade: ({ m }) => ({ n: m }) });
    expect(withTable(table({ ...base, layoutVersion: 2, migrate: [step(1)] }))).not.toThrow();
    expect(withTable(table({ ...base, migrate: [step(1)] }))).toThrow(
      'migration from 1: it does not lead up to layoutVersion 1',
    );
    expect(withTable(table({ ...base, layoutVersion: 2, migrate: [step(1), step(1)] }))).toThrow('there are two of it');
  });

  it('takes a function without a fast path, if it is clear with which reason packets go up', () => {
    const [up, other] = [packetIn({ limit: '1/s' }), packetIn({ metadata: { n: u8 }, limit: '1/s' })];
    const slowPath = () => ({ up() {}, other() {} });
    expect(vnf({ name: 'a', reasons: { up }, slowPath }).fastPath).toBe('ingress and egress');
    expect(vnf({ name: 'a', ports: ['l'], reasons: { up }, slowPath }).fastPath).toBe('one');
    for (const reasons of [{}, { other }, { up, other }]) {
      expect(() => vnf({ name: 'a', reasons, slowPath })).toThrow('function a, fastPath: there is none, so that every');
    }
  });

  it('takes log lines without a slow path, if their fields are there', () => {
    const line = logLine('saw {n}', { metadata: { n: u8 }, limit: '1/s' });
    expect(vnf({ name: 'a', reasons: { line }, fastPath }).reasons.line).toMatchObject({
      kind: 'notice',
      text: 'saw {n}',
    });
    expect(() => logLine('saw {m}', { metadata: { n: u8 }, limit: '1/s' })).toThrow(
      "logLine('saw {m}'): there is no field m in its metadata",
    );
  });

  it('refuses a function that cannot be one', () => {
    const reason = packetIn({ limit: '1/s' });
    const shared = table(base);
    expect(() => vnf({ name: 'Fire Wall', fastPath })).toThrow('function Fire Wall: it is no name of a function');
    expect(() => vnf({ name: 'a', reasons: { reason }, fastPath })).toThrow(
      'reason reason: there is no slowPath() to handle it',
    );
    expect(() => vnf({ name: 'a', tables: { a: shared, b: shared }, fastPath })).toThrow(
      'table b: it is listed as a too',
    );
    expect(() => vnf({ name: 'a', ports: ['l', 'l'], fastPath })).toThrow('port l: it is listed twice');
    expect(() => vnf({ name: 'a', ports: [], fastPath })).toThrow('ports: the list is empty');
    expect(() => vnf({ name: 'a', ports: portGroup({ max: 0 }), fastPath })).toThrow('ports: 0 is no number of ports');
    expect(() => vnf({ name: 'a', ports: ['l'], fastPath: { ingress: fastPath, egress: fastPath } })).toThrow(
      'only a transparent function',
    );
    expect(() => vnf({ name: 'a', counters: counters({ hit: '' }), fastPath })).toThrow('counter hit: nobody is told');
    const misspelt = { name: 'a', fastPath, slowpath() {} };
    expect(() => vnf(misspelt)).toThrow('function a, slowpath: there is no such member');
    const snapped = packetIn({ limit: '1/s', snap: 5 });
    expect(() => vnf({ name: 'a', reasons: { snapped }, fastPath, slowPath: () => ({ snapped() {} }) })).toThrow(
      'snap: 5 is no number of bytes',
    );
    const behind = packetIn({ limit: '1/s', backlog: 5000 });
    expect(() => vnf({ name: 'a', reasons: { behind }, fastPath, slowPath: () => ({ behind() {} }) })).toThrow(
      'backlog: 5000 is no size of a ring',
    );
  });

  it('checks the tables of a rule set by their path', () => {
    const rules = ruleSet({ list: table({ ...base, max: -1 }) });
    expect(() => vnf({ name: 'a', tables: { rules }, fastPath })).toThrow('table rules.list, max: -1');
  });

  it('refuses more tables that switch between generations than there are bits for', () => {
    const rules = () => classifier({ match: { protocol: u8 }, value: { n: u8 }, max: 1 });
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`t${at}`, rules()]));
    expect(() => vnf({ name: 'test', tables: many(32), fastPath })).not.toThrow();
    expect(() => vnf({ name: 'test', tables: many(33), fastPath })).toThrow('there are 33 rule sets and classifiers');
  });

  it('says what to do about it', () => {
    try {
      withTable(table({ ...base, value: { guard }, perCpu: true }))();
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        code: 'TP_SPEC',
        where: 'function test, table flows, field guard',
        hint: 'leave `guard` out',
      });
    }
  });

  it('keeps operations and configuration', () => {
    const operations = { forget: { summary: 'Forget all', input: z.object({ address: z.string() }), run: () => 5 } };
    const made = vnf({ name: 'a', config: z.object({ n: z.number() }), operations, fastPath });
    expect(made.operations.forget?.run({}, {})).toBe(5);
    expect(made.config?.safeParse({ n: 1 }).success).toBe(true);
  });
});

describe('verbs of the fast path on Node', () => {
  const flows = table({ key: { a: ip }, value: { n: u8 }, max: 1 });
  const rules = ruleSet({ list: array({ value: { n: u8 }, max: 1 }) });
  const count = counters({ hit: 'packets' });
  const sample = packetCopy({ limit: '1/s' });
  vnf({
    name: 'named',
    tables: { flows, rules },
    counters: count,
    reasons: { sample },
    fastPath,
    slowPath: () => ({ sample() {} }),
  });

  it('throw, naming the object and where to go instead', () => {
    expect(() => flows.lookup({ a: '::1' })).toThrow(FastPathOnlyError);
    expect(() => flows.lookup({ a: '::1' })).toThrow(
      "flows.lookup() is the fast path's; on Node use the live table of the instance",
    );
    expect(() => rules.list.at(0)).toThrow("rules.list.at() is the fast path's");
    expect(() => table({ key: u8, value: {}, max: 1 }).remove(1)).toThrow("table.remove() is the fast path's");
    expect(() => count.hit()).toThrow("count.hit() is the fast path's; on Node read the counters of the instance");
    expect(() => forward('left')).toThrow("forward() is the fast path's");
    expect(() => copyToSlowPath(sample)).toThrow("copyToSlowPath() is the fast path's");
  });
});
