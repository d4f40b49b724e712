// Live entries: reading a field loads from the table, writing it stores into the table.
import type { LayoutField } from '@twinpath/vnf/layout';
import type { TablePlan } from '@twinpath/vnf/plan';
import type { Outcome, Path } from '../../path.ts';
import { UNDEFINED, type Value } from '../../value.ts';
import { Code, n } from '../code.ts';
import type { Call } from '../members.ts';
import { once } from '../memo.ts';
import { loadField } from '../memory/decode.ts';
import { encodeField } from '../memory/encode.ts';
import { storePieces } from '../memory/piece.ts';
import { loadWords } from '../packet/field.ts';
import { wireLength } from '../packet/length.ts';

export type Entry = Extract<Value, { kind: 'entry' }>;

function fieldAt(entry: Entry, path: readonly string[]): LayoutField | undefined {
  const wanted = path.join('.');
  return entry.layout.fields.find((field) => field.path.join('.') === wanted);
}

export function entryProperty({ lowering, path, receiver, site }: Call<Entry>, name: string): readonly Outcome[] {
  const extra = receiver.extra?.get(name);
  if (extra !== undefined) return [{ path, value: extra }];
  const code = new Code(lowering, path);
  const here = fieldAt(receiver, receiver.prefix);
  if (here?.type.kind === 'traffic') return [{ path, value: trafficTotal(code, receiver, here, name) }];

  const inner = [...receiver.prefix, name];
  const field = fieldAt(receiver, inner);
  const isPart = field?.type.kind === 'traffic' || field?.type.kind === 'guard' || hasPart(receiver, inner);
  if (isPart) return [{ path, value: { ...receiver, prefix: inner } }];
  if (field === undefined)
    return lowering.fail(site, 'TP4003', name, receiver.table.path, namesOf(receiver).join(', '));
  return once(path, loadedKey(receiver, inner), () =>
    field.type.kind === 'ip'
      ? loadTaggedIp(code, receiver, field)
      : [{ path, value: loadField(code, receiver.pointer, field) }],
  );
}

/** A proof holds for the value that was loaded: a field that was tested is not loaded again before it is used. */
const loadedOf = (table: TablePlan): string => `loaded ${table.path} `;
const loadedKey = ({ table, pointer }: Entry, path: readonly string[]): string =>
  `${loadedOf(table)}${pointer} ${path.join('.')}`;

/** What was loaded from a table's entries is no longer what lies there: one of them, perhaps the same, was written. */
export function forgetLoaded(path: Path, table: TablePlan): Path {
  const stale = [...path.known.keys()].filter((key) => key.startsWith(loadedOf(table)));
  if (stale.length === 0) return path;
  const known = new Map(path.known);
  for (const key of stale) known.delete(key);
  return { ...path, known };
}

/** Behind a `remove` the kernel may give the entry's memory to another one: whatever was found before is not used any more. */
export function withStaleEntries(path: Path, table: TablePlan): Path {
  const aged = (value: Value): Value => {
    if (value.kind === 'entry') return value.table === table ? { ...value, isStale: true } : value;
    if (value.kind !== 'record') return value;
    return { ...value, fields: new Map([...value.fields].map(([name, field]) => [name, aged(field)])) };
  };
  return { ...path, scope: new Map([...path.scope].map(([key, value]) => [key, aged(value)])) };
}

const hasPart = (entry: Entry, path: readonly string[]) =>
  entry.layout.fields.some(
    (field) => field.path.length > path.length && path.every((name, at) => field.path[at] === name),
  );

const namesOf = (entry: Entry) => [
  ...new Set(entry.layout.fields.map((field) => field.path[entry.prefix.length] ?? '')),
];

function trafficTotal(code: Code, entry: Entry, field: LayoutField, name: string): Value {
  const offset = field.offset + (name === 'bytes' ? 8 : 0);
  return code.lowering.integer(code.load(entry.pointer, offset, 64), { low: 0n, high: (1n << 62n) - 1n });
}

/** Either family, told by the tag (vnf's layout/tagged-ip.ts): a path for each. */
function loadTaggedIp(start: Code, entry: Entry, { offset }: LayoutField): readonly Outcome[] {
  const at = entry.pointer;
  const tag = start.when('eq', start.load(at, offset, 64), n(0xff));
  const rest = tag.then.when('eq', tag.then.load(at, offset + 8, 32), n(0));
  const four = rest.then;
  const ip4: Value = { kind: 'bytes', type: 'ip4', words: loadWords(four, at, offset + 12, 4) };
  const six = start.lowering.joinPaths([tag.otherwise.path, rest.otherwise.path]).map((path): Outcome => {
    const words = loadWords(start.on(path), at, offset, 16);
    return { path, value: { kind: 'bytes', type: 'ip6', words } };
  });
  return [{ path: four.path, value: ip4 }, ...six];
}

export function assignEntry(
  { lowering, path, receiver, site }: Call<Entry>,
  name: string,
  value: Value,
): readonly Path[] {
  const field = fieldAt(receiver, [...receiver.prefix, name]);
  if (!receiver.writable) return lowering.fail(site, 'TP4004', receiver.table.path);
  if (field === undefined || field.type.kind === 'traffic' || field.type.kind === 'guard') {
    return lowering.fail(site, 'TP4003', name, receiver.table.path, namesOf(receiver).join(', '));
  }
  const code = new Code(lowering, path);
  const pieces = encodeField(code, { ...field, offset: 0 }, value, site);
  storePieces(code, receiver.pointer, field.offset, field.size, pieces);
  return [forgetLoaded(path, receiver.table)];
}

/** `entry.traffic.count(packet)`: atomic where CPUs share the entry, plain where each has its own. */
export function entryMethod({ lowering, path, receiver, site }: Call<Entry>, name: string): readonly Outcome[] {
  const field = fieldAt(receiver, receiver.prefix);
  if (field?.type.kind !== 'traffic' || name !== 'count')
    return lowering.fail(site, 'TP4005', name, receiver.table.path);
  const code = new Code(lowering, path);
  countTraffic(code, receiver.pointer, field.offset, !receiver.table.perCpu);
  return [{ path, value: UNDEFINED }];
}

export function countTraffic(code: Code, pointer: number, offset: number, isShared: boolean): void {
  for (const [at, amount] of [
    [offset, code.id(n(1))],
    [offset + 8, wireLength(code)],
  ] as const) {
    if (isShared) {
      const { builder } = code.lowering;
      builder.atomic(code.path.block, 'add', { address: pointer, offset: at, width: 64 }, amount);
    } else {
      code.store(pointer, at, 64, code.alu('add', code.load(pointer, at, 64), amount));
    }
  }
}
