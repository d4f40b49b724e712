// What stands in front of a table's map (abi/front.ts): the hottest entries, and samples of the keys that are asked for.
import type { MapPlan, TablePlan } from '@twinpath/vnf/plan';
import {
  FRONT,
  FRONT_CONTROL,
  FRONT_FOLD,
  FRONT_SAMPLED,
  FRONT_SAMPLES,
  FRONT_SLOT_BITS,
  frontMap,
  frontShape,
} from '../../../abi/front.ts';
import type { Region, ValueId, Width } from '../../../ir/types.ts';
import type { Lowering } from '../../lowering.ts';
import type { Path } from '../../path.ts';
import { type Code, n } from '../code.ts';
import { type Piece, widest, word } from '../memory/piece.ts';

/** A key's words, whose upper bits are zero, as they lie in a slot. */
export interface KeyWord {
  readonly offset: number;
  readonly width: Width;
  readonly value: ValueId;
}

export const hasFront = ({ target }: Lowering, plan: TablePlan): boolean =>
  target.specialise?.includes(plan.path) === true;

export function keyWords(code: Code, map: MapPlan, pieces: readonly Piece[]): readonly KeyWord[] {
  const { keyOffset, keySize } = frontShape(map);
  const words: KeyWord[] = [];
  for (let offset = 0; offset < keySize; ) {
    const width = widest(keySize - offset);
    const value = word(code, pieces, keyOffset + offset, width);
    words.push({ offset, width, value: width === 64 ? value : code.truncate(value, width) });
    offset += width / 8;
  }
  return words;
}

/** Where the front has the key: its value's address, in `region`. Else: the paths on which the map is asked. */
export function lookInFront(
  code: Code,
  map: MapPlan,
  words: readonly KeyWord[],
  region: Region,
): { readonly hit: { readonly path: Path; readonly pointer: ValueId }; readonly missed: readonly Path[] } {
  const front = code.mapValue(frontMap(map), 0);
  const control = code.loadVolatile(front, FRONT.control, 64);
  const active = code.when('ne', control, n(0));
  const sampling = active.then.when(
    'ne',
    active.then.alu('and', control, n(FRONT_CONTROL.sampling)),
    n(0),
    'otherwise',
  );
  const looking = code.lowering.joinPaths([...sample(sampling.then, map, front, words), sampling.otherwise.path]);
  const missed = [active.otherwise.path];
  const [on, ...others] = looking;
  if (on === undefined || others.length > 0) throw new Error('paths that differ in nothing are one');
  const open = code.on(on).when('ne', code.on(on).alu('and', control, n(FRONT_CONTROL.open)), n(0), 'then');
  missed.push(open.otherwise.path);
  const slot = slotOf(open.then, map, { control, words, region });
  const different = words.map(({ offset, width, value }) =>
    open.then.alu('xor', open.then.load(slot, offset, width), value),
  );
  const stale = staleness(open.then, front, control);
  const any = different.reduce((sum, one) => open.then.alu('or', sum, one), stale);
  const found = open.then.when('eq', any, n(0));
  missed.push(found.otherwise.path);
  const pointer = found.then.offset(slot, n(frontShape(map).valueOffset));
  return { hit: { path: found.then.path, pointer }, missed };
}

/** Work that writes to the map: what stands in front of it holds no more. */
export function aroundWrite(code: Code, plan: TablePlan, map: MapPlan, write: () => ValueId): ValueId {
  if (!hasFront(code.lowering, plan)) return write();
  const front = code.mapValue(frontMap(map), 0);
  code.atomicAdd(front, FRONT.begun, n(1));
  const result = write();
  code.atomicAdd(front, FRONT.done, n(1));
  return result;
}

interface Wanted {
  readonly control: ValueId;
  readonly words: readonly KeyWord[];
  readonly region: Region;
}

/** Pointers into a front are of the region of the table's values: they meet those that the map gives. */
function slotOf(code: Code, map: MapPlan, { control, words, region }: Wanted): ValueId {
  const { slots, slotShift } = frontShape(map);
  const factor = code.alu('or', control, n(FRONT_CONTROL.all));
  const index = code.alu('shr', code.alu('mul', fold(code, words), factor), n(64 - FRONT_SLOT_BITS));
  const second = code.alu('and', control, n(FRONT_CONTROL.second));
  const buffer = code.alu('shl', second, n(FRONT_SLOT_BITS + slotShift - 1));
  const at = code.alu('add', code.alu('shl', index, n(slotShift)), buffer);
  return code.offset(code.mapValue(frontMap(map), slots, region), at);
}

function fold(code: Code, words: readonly KeyWord[]): ValueId {
  const [first, ...others] = words.map(({ value }) => value);
  if (first === undefined) throw new Error('a key has bytes');
  return others.reduce((sum, value) => code.alu('add', code.alu('mul', sum, n(FRONT_FOLD)), value), first);
}

/** 0 while nobody has begun to write since the buffer was made. Read last of all. */
function staleness(code: Code, front: ValueId, control: ValueId): ValueId {
  const second = code.alu('and', control, n(FRONT_CONTROL.second));
  const madeAt = code.load(code.offset(front, code.alu('shl', second, n(2))), FRONT.madeAt, 64);
  return code.alu('xor', code.loadVolatile(front, FRONT.begun, 64), madeAt);
}

/** One key of sixteen, by chance, as long as there is room: what a window of samples costs does not depend on the traffic. */
function sample(code: Code, map: MapPlan, front: ValueId, words: readonly KeyWord[]): readonly Path[] {
  const { sampleSize } = frontShape(map);
  const room = code.when('ult', code.loadVolatile(front, FRONT.sampled, 64), n(FRONT_SAMPLES));
  const chance = room.then.alu('and', room.then.call('get_prandom_u32', []), n(FRONT_SAMPLED - 1));
  const chosen = room.then.when('eq', chance, n(0), 'otherwise');
  const number = chosen.then.atomicAdd(front, FRONT.sampled, n(1));
  const kept = chosen.then.when('ult', number, n(FRONT_SAMPLES), 'then');
  const at = kept.then.offset(front, kept.then.alu('mul', number, n(sampleSize)));
  for (const { offset, width, value } of words) kept.then.store(at, FRONT.samples + offset, width, value);
  return [room.otherwise.path, chosen.otherwise.path, kept.otherwise.path, kept.then.path];
}
