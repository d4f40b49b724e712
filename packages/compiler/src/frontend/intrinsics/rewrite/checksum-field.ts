// Checksum fields of the packet, kept right write by write. The field is stored at once, so that whatever happens next sees a
// right packet; the path remembers the sum behind it, so that the next write adds to that sum and does not unfold the field.
import type { ValueId } from '../../../ir/types.ts';
import type { Site } from '../../path.ts';
import { type Code, n } from '../code.ts';
import { remember } from '../memo.ts';
import { isView, part, view } from '../view.ts';
import { type Change, type Delta, deltaOf, fold, onlyIf, plus } from './delta.ts';
import { isFinished } from './partial.ts';

export interface ChecksumField {
  /** Which one it is: a packet has one of each, however many views lead to it. */
  readonly name: 'header' | 'quoted header' | 'tcp' | 'udp' | 'icmp';
  /** The header that it lies in; its bounds are checked. */
  readonly header: ValueId;
  readonly at: number;
  /** UDP: zero means that there is none and stays; a computed zero is written as all ones. */
  readonly zeroMeansNone: boolean;
  /** One of several of its name that a packet may have. */
  readonly isTunnelled?: boolean;
}

/** What was written: of the addresses in the pseudo header, and of what the checksum covers itself. */
export interface Covered {
  readonly addresses?: Delta | undefined;
  readonly own?: Delta | undefined;
}

const SUM = 'sum';
const ONES = 0xffffn;

/** `delta`: what the checksum's own change adds to one that covers it in turn. */
export function update(
  start: Code,
  field: ChecksumField,
  covered: Covered,
  site: Site,
): { readonly code: Code; readonly delta: Delta | undefined } {
  const isOffloaded = field.name === 'tcp' || field.name === 'udp';
  const finished = isOffloaded ? isFinished(start, field.name.toUpperCase(), site) : undefined;
  const { addresses } = covered;
  const code = finished?.code ?? start;
  const own = finished && covered.own ? onlyIf(code, finished.id, covered.own) : covered.own;
  const all = addresses === undefined ? own : plus(code, addresses, own);
  if (all === undefined) return { code, delta: undefined };
  const updated = updateBy(code, field, all, finished?.id);
  return { code: updated.code, delta: deltaOf(updated.code, [updated.change]) };
}

/** `change`: what became of the field itself, for a checksum that covers it in turn. `finished`: 0 for one that is not. */
export function updateBy(
  code: Code,
  field: ChecksumField,
  delta: Delta,
  finished?: ValueId,
): { readonly code: Code; readonly change: Change } {
  const { header, at, zeroMeansNone, isTunnelled = false } = field;
  const key = `${SUM} ${field.name}@${code.path.epoch}`;
  // The field is the sum's complement; an unfinished one is the sum.
  const mask = finished === undefined ? code.id(n(ONES)) : code.alu('mul', finished, n(ONES));
  const before = code.load(header, at, 16);
  const known = isTunnelled ? undefined : code.path.known.get(key);
  const remembered = known !== undefined && isView(known, SUM) ? known : undefined;
  const sum = remembered
    ? { id: part(remembered, SUM), most: BigInt(String(remembered.fixed.most)) }
    : { id: code.alu('xor', before, mask), most: ONES };
  const total = plus(code, sum, delta);
  const folded = code.alu('xor', fold(code, total), mask);
  const parts: Record<string, ValueId> = { [SUM]: total.id };
  let after = folded;
  if (zeroMeansNone) {
    // All ones where the field is not zero.
    const present = remembered ? part(remembered, 'present') : code.alu('sar', code.alu('sub', n(0), before), n(63));
    const sent = code.alu('or', folded, code.alu('shr', code.alu('sub', folded, n(1)), n(48)));
    after = code.alu('and', sent, present);
    parts.present = present;
  }
  code.store(header, at, 16, after);
  const change: Change = { before, after, width: 16 };
  if (isTunnelled) return { code, change };
  const kept = view(SUM, code.path.epoch, { most: String(total.most), zeroMeansNone }, parts);
  return { code: code.on(remember(code.path, key, kept)), change };
}
