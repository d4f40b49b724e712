// Exact-match tables.
import type { MapPlan, TablePlan } from '@twinpath/vnf/plan';
import type { ValueId } from '../../../ir/types.ts';
import type { Outcome, Site } from '../../path.ts';
import { constant, UNDEFINED, type Value } from '../../value.ts';
import { seconds } from '../clock.ts';
import { Code, n } from '../code.ts';
import { count } from '../counting.ts';
import { emit } from '../events.ts';
import type { Call } from '../members.ts';
import { each } from '../memo.ts';
import { encode } from '../memory/encode.ts';
import { type Piece, storePieces } from '../memory/piece.ts';
import { scratchSlot } from '../memory/scratch-slots.ts';
import { type Entry, forgetLoaded, withStaleEntries } from './entry.ts';
import { findIn } from './find.ts';
import { aroundWrite } from './front.ts';
import { mapsFor, storeKey } from './key.ts';

export type Table = Extract<Value, { kind: 'table' }>;
export type TableCall = Call<Table>;

/** BPF_ANY, BPF_NOEXIST. */
const ANY = 0;
const NOEXIST = 1;
/** What a full hash map answers. */
const E2BIG = 7;
const EEXIST = 17;

export function operand({ lowering, operands, site }: TableCall, index: number, name: string): Value {
  return operands[index] ?? lowering.fail(site, 'TP4006', name);
}

export function entryOf(plan: TablePlan, pointer: ValueId, writable: boolean): Entry {
  return { kind: 'entry', table: plan, layout: plan.value, prefix: [], pointer, writable };
}

/** The entry, or `undefined`; `refresh`: a hit is a use, for the idle timeout. */
export function lookup(call: TableCall, { refresh }: { readonly refresh: boolean }): readonly Outcome[] {
  const { lowering, path, receiver, site } = call;
  const { plan } = receiver;
  const key = operand(call, 0, 'a key');
  const [map] = mapsFor(new Code(lowering, path), plan, key, site);
  return findIn(lowering, path, plan, key, site).flatMap(({ code, pointer }) => {
    const sides = code.when('ne', pointer, n(0));
    const missing: Outcome = { path: sides.otherwise.path, value: UNDEFINED };
    const entry: Entry = { ...entryOf(plan, pointer, refresh), family: map?.family };
    const { touched } = plan.hidden;
    if (!refresh || touched === undefined) return [{ path: sides.then.path, value: entry }, missing];
    return [...touch(sides.then, pointer, touched).map((on): Outcome => ({ path: on, value: entry })), missing];
  });
}

/** Stores the clock only where it moved on: an entry that many CPUs use is not written by each packet. */
function touch(code: Code, pointer: ValueId, offset: number) {
  const time = seconds(code);
  const stale = code.when('ne', code.load(pointer, offset, 32), time, 'otherwise');
  stale.then.store(pointer, offset, 32, time);
  return code.lowering.joinPaths([stale.then.path, stale.otherwise.path]);
}

/** Tables of a rule set belong to Node: only `replace` keeps both generations right. */
function onlyMap({ lowering, receiver, site }: TableCall, maps: readonly MapPlan[]): MapPlan {
  const [map, second] = maps;
  if (map === undefined || second !== undefined) return lowering.fail(site, 'TP4007', receiver.plan.path);
  return map;
}

/** `true` where the entry was written, else `false`. */
export function write(call: TableCall, mode: 'insert' | 'put'): readonly Outcome[] {
  const { lowering, path, receiver, site } = call;
  const { plan } = receiver;
  const key = operand(call, 0, 'a key');
  const value = operand(call, 1, 'a value');
  const code = new Code(lowering, path);
  const map = onlyMap(call, mapsFor(code, plan, key, site));
  const keySlot = storeKey(code, map, key, site);
  const valueSlot = scratchSlot(code, 'value', plan.value.size);
  storePieces(code, valueSlot, 0, plan.value.size, [...encode(code, plan.value, value, site), ...stamps(code, plan)]);
  const flags = mode === 'insert' ? NOEXIST : ANY;
  const result = aroundWrite(code, plan, map, () =>
    code.call('map_update_elem', [code.map(map.name), keySlot, valueSlot, n(flags)]),
  );
  const written = code.when('eq', result, n(0), 'then');
  const told = tellChange(written.then, plan, key, site);
  return [
    ...told.map((on) => ({ path: forgetLoaded(on, plan), value: constant(true) })),
    ...refused(written.otherwise, plan, result, site).map((on) => ({ path: on, value: constant(false) })),
  ];
}

/** Both stamps of a new entry are the present second. */
function stamps(code: Code, { hidden }: TablePlan): readonly Piece[] {
  const offsets = [hidden.touched, hidden.written].filter((offset) => offset !== undefined);
  if (offsets.length === 0) return [];
  const value = seconds(code);
  return offsets.map((offset): Piece => ({ offset, bits: 32, value }));
}

/** A full table is counted, always, and tells of it where it is declared to, as often as its notice may. One that evicts is full where
 *  other CPUs have all that could go (ENOMEM), or the entry's list (EBUSY): whatever is wrong but that the key is there. */
function refused(code: Code, plan: TablePlan, result: ValueId, site: Site) {
  const { whenFull } = plan;
  const { lowering } = code;
  const evicts = whenFull === 'evict';
  const full = code.when(evicts ? 'ne' : 'eq', code.truncate(result, 32), n(2 ** 32 - (evicts ? EEXIST : E2BIG)));
  const counted = count(lowering, full.then.path, [`table ${plan.path} full`]);
  if (evicts || whenFull === 'refuse') return lowering.joinPaths([counted, full.otherwise.path]);
  const notice = lowering.plan.reasons.find(({ name }) => name === whenFull.notice);
  if (notice === undefined) throw new Error(`the plan has no reason ${whenFull.notice}`);
  const { sent, refused: silent } = emit(lowering, counted, notice, undefined, site);
  return lowering.joinPaths([...sent, ...silent, full.otherwise.path]);
}

/** Sends the key up, where the table tells of changes: who hears it looks what is there. */
function tellChange({ lowering, path }: Code, table: TablePlan, key: Value, site: Site) {
  const reason = lowering.plan.reasons.find(({ changesOf }) => changesOf === table.path);
  if (reason === undefined) return [path];
  const metadata: Value = { kind: 'record', fields: new Map([['key', key]]) };
  const { sent, refused } = emit(lowering, path, reason, metadata, site);
  return lowering.joinPaths([...sent, ...refused]);
}

export function lookupOrInsert(call: TableCall): readonly Outcome[] {
  return each(lookup(call, { refresh: true }), (path, found) => {
    if (found.kind !== 'undefined') return [{ path, value: found }];
    return each(write({ ...call, path }, 'insert'), (after) => lookup({ ...call, path: after }, { refresh: true }));
  });
}

export function remove(call: TableCall): readonly Outcome[] {
  const { lowering, path, receiver, site } = call;
  const key = operand(call, 0, 'a key');
  const code = new Code(lowering, path);
  const map = onlyMap(call, mapsFor(code, receiver.plan, key, site));
  const keySlot = storeKey(code, map, key, site);
  const result = aroundWrite(code, receiver.plan, map, () =>
    code.call('map_delete_elem', [code.map(map.name), keySlot]),
  );
  const removed = code.when('eq', result, n(0));
  const told = tellChange(removed.then, receiver.plan, key, site);
  return [
    ...told.map((on) => ({
      path: withStaleEntries(forgetLoaded(on, receiver.plan), receiver.plan),
      value: constant(true),
    })),
    { path: withStaleEntries(removed.otherwise.path, receiver.plan), value: constant(false) },
  ];
}
