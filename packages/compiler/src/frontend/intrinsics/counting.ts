// Counters: one per-CPU array element that holds them all, found once on each path that counts.
import { COUNTERS } from '../../abi/state.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Lowering } from '../lowering.ts';
import type { Path } from '../path.ts';
import { Code, n } from './code.ts';
import { remember } from './memo.ts';
import { storePieces } from './memory/piece.ts';
import { scratchSlot } from './memory/scratch-slots.ts';
import { returnAborted } from './return-codes.ts';
import { isView, part, view } from './view.ts';

const KNOWN = 'counters';

/** Goes on with the address of this CPU's counters. That there is none cannot be, but the verifier asks. */
function counterBase(lowering: Lowering, path: Path): { readonly code: Code; readonly base: ValueId } {
  const known = path.known.get(KNOWN);
  if (known !== undefined && isView(known, KNOWN)) return { code: new Code(lowering, path), base: part(known, 'base') };
  const start = new Code(lowering, path);
  const base = lookupFirst(start, COUNTERS);
  const found = start.when('ne', base, n(0), 'then');
  returnAborted(found.otherwise);
  const after = remember(found.then.path, KNOWN, view(KNOWN, path.epoch, {}, { base }));
  return { code: new Code(lowering, after), base };
}

/** Element 0 of an array. */
export function lookupFirst(code: Code, map: string): ValueId {
  const key = scratchSlot(code, 'key', 4);
  storePieces(code, key, 0, 4, []);
  return code.lookup(map, key);
}

/** Raises counters of the plan, by name. */
export function count(lowering: Lowering, path: Path, names: readonly string[], amount?: ValueId): Path {
  const { code, base } = counterBase(lowering, path);
  for (const name of names) {
    const slot = lowering.plan.counters.slots.indexOf(name);
    if (slot < 0) throw new Error(`the plan has no counter '${name}'`);
    code.store(base, slot * 8, 64, code.alu('add', code.load(base, slot * 8, 64), amount ?? n(1)));
  }
  return code.path;
}
