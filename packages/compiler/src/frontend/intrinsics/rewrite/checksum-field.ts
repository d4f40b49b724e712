// Checksum fields of the packet, kept right write by write. The field is stored at once, so that whatever happens next sees a
// right packet; the path remembers the sum behind it, so that the next write adds to that sum and does not unfold the field.
import type { ValueId } from '../../../ir/types.ts';
import { type Code, n } from '../code.ts';
import { remember } from '../memo.ts';
import { isView, part, view } from '../view.ts';
import { type Change, type Delta, fold, plus } from './delta.ts';

export interface ChecksumField {
  /** Which one it is: a packet has one of each, however many views lead to it. */
  readonly name: 'header' | 'quoted header' | 'tcp' | 'udp' | 'icmp';
  /** The header that it lies in; its bounds are checked. */
  readonly header: ValueId;
  readonly at: number;
  /** UDP: zero means that there is none and stays; a computed zero is written as all ones. */
  readonly zeroMeansNone: boolean;
}

const SUM = 'sum';
const ONES = 0xffff;

/** `change`: what became of the field itself, for a checksum that covers it in turn. */
export function update(
  code: Code,
  field: ChecksumField,
  delta: Delta,
): { readonly code: Code; readonly change: Change } {
  const { header, at, zeroMeansNone } = field;
  const key = `${SUM} ${field.name}@${code.path.epoch}`;
  const before = code.load(header, at, 16);
  const known = code.path.known.get(key);
  const remembered = known !== undefined && isView(known, SUM) ? known : undefined;
  const sum = remembered
    ? { id: part(remembered, SUM), most: BigInt(String(remembered.fixed.most)) }
    : { id: code.alu('xor', before, n(ONES)), most: BigInt(ONES) };
  const total = plus(code, sum, delta);
  const complement = code.alu('xor', fold(code, total), n(ONES));
  const parts: Record<string, ValueId> = { [SUM]: total.id };
  let after = complement;
  if (zeroMeansNone) {
    const present = remembered ? part(remembered, 'present') : code.compare('ne', before, n(0));
    const isZero = code.compare('eq', complement, n(0));
    const sent = code.alu('or', complement, code.alu('mul', isZero, n(ONES)));
    after = code.alu('mul', sent, present);
    parts.present = present;
  }
  code.store(header, at, 16, after);
  const kept = view(SUM, code.path.epoch, { most: String(total.most), zeroMeansNone }, parts);
  return { code: code.on(remember(code.path, key, kept)), change: { before, after, width: 16 } };
}
