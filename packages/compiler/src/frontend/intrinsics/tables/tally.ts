// Packets and bytes by label. What no longer fits is counted together, in the overflow slot.
import type { Outcome } from '../../path.ts';
import { UNDEFINED } from '../../value.ts';
import { Code, n } from '../code.ts';
import { lookupFirst } from '../counting.ts';
import { storePieces } from '../memory/piece.ts';
import { scratchSlot } from '../memory/scratch-slots.ts';
import { wireLength } from '../packet/length.ts';
import { countTraffic } from './entry.ts';
import { mapsFor, storeKey } from './key.ts';
import { operand, type TableCall } from './table.ts';

const NOEXIST = 1;
const TRAFFIC = 16;

/** `tally.count(packet, labels)`. */
export function countTally(call: TableCall): readonly Outcome[] {
  const { lowering, path, receiver, site } = call;
  const { plan } = receiver;
  const labels = operand(call, 1, 'the labels');
  const code = new Code(lowering, path);
  const [map] = mapsFor(code, plan, labels, site);
  if (map === undefined || plan.overflow === undefined) throw new Error(`tally ${plan.path} has no map`);
  const key = storeKey(code, map, labels, site);
  const known = code.lookup(map.name, key);
  const hit = code.when('ne', known, n(0), 'then');
  countTraffic(hit.then, known, 0, false);

  const first = scratchSlot(hit.otherwise, 'value', TRAFFIC);
  storePieces(hit.otherwise, first, 0, TRAFFIC, [
    { offset: 0, bits: 64, value: 1n },
    { offset: 8, bits: 64, value: wireLength(hit.otherwise) },
  ]);
  const added = hit.otherwise.call('map_update_elem', [hit.otherwise.map(map.name), key, first, n(NOEXIST)]);
  const fits = hit.otherwise.when('eq', added, n(0), 'then');
  const overflow = lookupFirst(fits.otherwise, plan.overflow.name);
  const there = fits.otherwise.when('ne', overflow, n(0), 'then');
  countTraffic(there.then, overflow, 0, false);
  const ends = [hit.then.path, fits.then.path, there.then.path, there.otherwise.path];
  return lowering.joinPaths(ends).map((on) => ({ path: on, value: UNDEFINED }));
}
