import type { Outcome } from '../../path.ts';
import { UNDEFINED } from '../../value.ts';
import { Code, n } from '../code.ts';
import { storePieces } from '../memory/piece.ts';
import { scratchSlot } from '../memory/scratch-slots.ts';
import { findAt } from './find.ts';
import { entryOf, operand, type TableCall } from './table.ts';

/** The slot, or `undefined` for an index out of range. */
export function at(call: TableCall): readonly Outcome[] {
  const { lowering, path, receiver, site } = call;
  const code = new Code(lowering, path);
  const index = lowering.register(path, operand(call, 0, 'an index'), site);
  const [map] = receiver.plan.maps;
  if (map === undefined) throw new Error(`array ${receiver.plan.path} has no map`);
  // An index beyond 32 bits must miss, not wrap.
  const inRange = code.when('ult', index, n(map.maxEntries));
  const key = scratchSlot(inRange.then, 'key', 4);
  storePieces(inRange.then, key, 0, 4, [{ offset: 0, bits: 32, value: index }]);
  const missing = [inRange.otherwise.path];
  const outcomes: Outcome[] = [];
  for (const { code: on, pointer } of findAt(lowering, inRange.then.path, receiver.plan, receiver.plan.maps, {
    stored: key,
  })) {
    const found = on.when('ne', pointer, n(0), 'then');
    outcomes.push({ path: found.then.path, value: entryOf(receiver.plan, pointer, true) });
    missing.push(found.otherwise.path);
  }
  return [...outcomes, ...lowering.joinPaths(missing).map((on) => ({ path: on, value: UNDEFINED }))];
}
