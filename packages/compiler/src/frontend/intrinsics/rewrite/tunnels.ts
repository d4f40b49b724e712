// Writes inside of tunnels: the checksums of the tunnels around follow.
import type { Code } from '../code.ts';
import { tunnelsOf } from '../packet/tunnels.ts';
import type { View } from '../view.ts';
import { type ChecksumField, updateBy } from './checksum-field.ts';
import { type Change, type Delta, deltaOf, fold, plus } from './delta.ts';
import { fieldOfKind } from './transport-checksum.ts';

/** Of what a view shows: a packet has one such field unless it lies in a tunnel, where nothing is remembered of its sum. */
export const fieldIn = (of: View, field: ChecksumField): ChecksumField =>
  of.fixed.tunnelled === true ? { ...field, isTunnelled: true } : field;

/** Brings the checksums of all tunnels around up to date. `delta`: of all bytes that changed, checksums included. */
export function coverTunnels(start: Code, of: View, delta: Delta | undefined): Code {
  const tunnels = tunnelsOf(of);
  if (delta === undefined || tunnels.length === 0) return start;
  let code = start;
  let total = delta;
  for (const [index, { at, isOdd }] of tunnels.entries()) {
    const udp = fieldOfKind('udp', at);
    // The outermost one is the frame's own.
    const field = index === tunnels.length - 1 ? udp : { ...udp, isTunnelled: true };
    const updated = updateBy(code, field, inOrder(code, total, isOdd));
    code = updated.code;
    total = plus(code, total, inOrder(code, sumOf(code, updated.change), isOdd));
  }
  return code;
}

function sumOf(code: Code, change: Change): Delta {
  const sum = deltaOf(code, [change]);
  if (sum === undefined) throw new Error('one change has a sum');
  return sum;
}

/** A sum of words that lie the other way around. */
export const inOrder = (code: Code, sum: Delta, isOdd: boolean): Delta =>
  isOdd ? { id: code.swap(fold(code, sum), 16), most: 0xffffn } : sum;
