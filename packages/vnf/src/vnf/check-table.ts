import { parseDuration } from '../functions/duration.ts';
import { holdsIp, layoutOf } from '../layout/layout.ts';
import type {
  AnyTableSpec,
  IdleTimeout,
  LpmSpec,
  MigrationSpec,
  NoticeSpec,
  ReasonSpec,
  TableSpec,
} from '../spec/specs.ts';
import { VnfSpecError } from '../spec/vnf-spec-error.ts';
import { isType, type KeyShape, type Shape } from '../types/type.ts';
import { checkGuard, checkNotEmpty, checkShape, fieldsOfKind } from './check-shape.ts';

const MAX_ENTRIES = 0xffff_ffff;
/** The fast path builds a key on its stack of 512 bytes, of which there is one. */
const MAX_KEY_BYTES = 256;
const SECOND = 1_000_000_000;

/** `reasons`: those that the function lists. @throws VnfSpecError */
export function checkTable(spec: AnyTableSpec, where: string, reasons: readonly ReasonSpec[]): void {
  checkMax(spec.max, where);
  switch (spec.kind) {
    case 'table':
      checkKey(spec.key, 'key', where);
      checkShape(spec.value, 'value', where);
      checkGuard(spec.value, lockRefused(spec), where);
      checkIdle(spec, where);
      checkTimeout(spec, where);
      if (typeof spec.whenFull === 'object') checkNotice(spec.whenFull, where, reasons);
      checkMigrations(spec, where);
      break;
    case 'lpm':
      checkLpmKey(spec, where);
      checkShape(spec.value, 'value', where);
      checkGuard(spec.value, 'in an LPM trie', where);
      checkMigrations(spec, where);
      break;
    case 'array':
      checkNotEmpty(spec.value, where);
      checkShape(spec.value, 'value', where);
      checkGuard(spec.value, spec.perCpu ? 'and none needed where every CPU has its own copy' : undefined, where);
      checkMigrations(spec, where);
      break;
    case 'classifier':
      checkNotEmpty(spec.match, `${where}, match`);
      checkShape(spec.match, 'match', where);
      checkShape(spec.value, 'rule value', where);
      break;
    case 'tally':
      checkKey(spec.by, 'labels', where);
  }
}

function checkMax(max: number, where: string): void {
  if (Number.isInteger(max) && max > 0 && max <= MAX_ENTRIES) return;
  throw new VnfSpecError(
    `${where}, max`,
    `${max} is no number of entries`,
    `give a whole number from 1 to ${MAX_ENTRIES}`,
  );
}

function checkKey(key: KeyShape, use: 'key' | 'lpm key' | 'labels', where: string): void {
  checkNotEmpty(key, `${where}, ${use}`);
  checkShape(key, use, where);
  const { size } = layoutOf(key, holdsIp(key) ? { family: 6 } : {});
  if (size > MAX_KEY_BYTES) {
    throw new VnfSpecError(
      `${where}, ${use}`,
      `it takes ${size} bytes`,
      `at most ${MAX_KEY_BYTES} fit on the fast path's stack`,
    );
  }
}

function checkLpmKey({ key }: LpmSpec, where: string): void {
  const last = isType(key) ? key : Object.values(key).at(-1);
  const endsInPrefix = last !== undefined && isType(last) && last.kind === 'prefix';
  if (!endsInPrefix || fieldsOfKind(key, 'prefix').length !== 1) {
    throw new VnfSpecError(
      `${where}, key`,
      'the key of an lpm() has one prefix, as its last field',
      'for other keys use table()',
    );
  }
  checkKey(key, 'lpm key', where);
}

/** Linux has locks in the values of plain hash tables and arrays only. */
function lockRefused({ whenFull, perCpu }: TableSpec): string | undefined {
  if (perCpu) return 'and none needed where every CPU has its own copy';
  return whenFull === 'evict' ? "in a table with whenFull: 'evict'" : undefined;
}

type IdleByName = Exclude<IdleTimeout, string>;

function checkIdle({ idleTimeout, value }: TableSpec, table: string): void {
  if (idleTimeout === undefined) return;
  const where = `${table}, idleTimeout`;
  if (typeof idleTimeout === 'string') checkAtLeastASecond(idleTimeout, where);
  else checkIdleByField(idleTimeout, value, where);
}

function checkIdleByField(idleTimeout: IdleByName, value: Shape, where: string): void {
  const [entry, ...others] = Object.entries(idleTimeout);
  const [field, byName] = entry ?? [];
  if (field === undefined || byName === undefined || others.length > 0) {
    throw new VnfSpecError(where, 'it does not name exactly one field', "write { state: { open: '2 h', … } }");
  }
  const type = value[field];
  if (type === undefined || !isType(type) || type.kind !== 'enum') {
    const hint = `fields of the value: ${Object.keys(value).join(', ')}`;
    throw new VnfSpecError(`${where}, field ${field}`, 'the value has no such field, or it is no oneOf()', hint);
  }
  checkSameNames(Object.keys(byName), type.names, `${where}, field ${field}`);
  for (const [name, text] of Object.entries(byName)) checkAtLeastASecond(text, `${where}, field ${field}, ${name}`);
}

function checkSameNames(given: readonly string[], names: readonly string[], where: string): void {
  const missing = names.find((name) => !given.includes(name));
  if (missing !== undefined)
    throw new VnfSpecError(where, `it says nothing of '${missing}'`, 'give each name a duration');
  const unknown = given.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new VnfSpecError(where, `'${unknown}' is no name of it`, `names are ${names.join(', ')}`);
}

function checkTimeout({ timeout }: TableSpec, where: string): void {
  if (timeout !== undefined) checkAtLeastASecond(timeout, `${where}, timeout`);
}

function checkAtLeastASecond(text: string, where: string): void {
  if (parseDuration(text, where) >= SECOND) return;
  throw new VnfSpecError(
    where,
    `'${text}' is less than a second`,
    'entries are looked through once a second: give at least 1 s',
  );
}

function checkNotice(notice: NoticeSpec, table: string, reasons: readonly ReasonSpec[]): void {
  const where = `${table}, whenFull`;
  if (!reasons.includes(notice)) {
    throw new VnfSpecError(where, 'the notice is not among the reasons of the function', 'list it under `reasons`');
  }
  if (Object.keys(notice.metadata).length > 0) {
    throw new VnfSpecError(
      where,
      'its notice has metadata, which nobody would fill in',
      'use a notice without metadata',
    );
  }
}

interface Versioned {
  readonly layoutVersion: number;
  readonly migrate: readonly MigrationSpec[];
}

function checkMigrations({ layoutVersion, migrate }: Versioned, where: string): void {
  if (!Number.isInteger(layoutVersion) || layoutVersion < 1) {
    throw new VnfSpecError(`${where}, layoutVersion`, `${layoutVersion} is no version`, 'count from 1');
  }
  const seen = new Set<number>();
  for (const { from, was } of migrate) {
    const at = `${where}, migration from ${from}`;
    if (!Number.isInteger(from) || from < 1 || from >= layoutVersion) {
      throw new VnfSpecError(
        at,
        `it does not lead up to layoutVersion ${layoutVersion}`,
        'raise layoutVersion, or correct `from`',
      );
    }
    if (seen.has(from)) throw new VnfSpecError(at, 'there are two of it', 'leave one out');
    seen.add(from);
    checkShape(was, 'value', at);
  }
}
