// The packet's beginning moves: bpf_xdp_adjust_head, and what stood there is written anew. Every view from before is dead; packet
// pointers of the new place are of the next epoch.
import { ethernetLayout, vlanLayout } from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import type { Outcome, Path } from '../../path.ts';
import { Code, n } from '../code.ts';
import type { Call } from '../members.ts';
import { each } from '../memo.ts';
import { piecesOfWords } from '../memory/bytes.ts';
import { storePieces } from '../memory/piece.ts';
import { loadWords } from '../packet/field.ts';
import { link } from '../packet/link.ts';
import { joined } from '../rewrite/covering.ts';
import { isView, part, type View } from '../view.ts';
import type { Announced } from './layer.ts';

/** Both Ethernet addresses. */
export const MACS = 12;
const LONGEST = ethernetLayout.size + 2 * vlanLayout.size;

export interface Moved {
  /** In the packet's new place, where `size` bytes are proven from `start` on. */
  readonly code: Code;
  readonly start: ValueId;
}

/** Moves the packet's beginning: `by` bytes are taken away, or added if it is negative. */
export function moveStart(
  code: Code,
  by: ValueId,
  size: number,
): { readonly moved: Moved; readonly failed: readonly Code[] } {
  const result = code.call('xdp_adjust_head', [code.lowering.builder.context, by]);
  const later = code.on({ ...code.path, epoch: code.path.epoch + 1 });
  const done = later.when('eq', result, n(0), 'then');
  const start = done.then.packetStart();
  const checked = done.then.whenInPacket(start, size);
  return { moved: { code: checked.then, start }, failed: [done.otherwise, checked.otherwise] };
}

/** The Ethernet header and its tags go with the beginning; `type` announces what follows them. */
export function moveWithLink(
  start: Code,
  linked: View,
  by: ValueId,
  type: Announced['etherType'],
): { readonly moved: readonly Moved[]; readonly failed: readonly Code[] } {
  // An Ethernet header with both tags: an IP datagram is longer than what a frame without tags has less.
  const inside = start.whenInPacket(part(linked, 'start'), LONGEST);
  const macs = loadWords(inside.then, part(linked, 'start'), 0, MACS);
  const behind = inside.then.load(part(linked, 'start'), MACS, 64);
  const { moved, failed } = moveStart(inside.then, by, LONGEST);
  const { code, start: beginning } = moved;
  const announced = code.swap(typeof type === 'number' ? code.id(n(type)) : type.id, 16);
  storePieces(code, beginning, 0, MACS, piecesOfWords(macs, 0));
  const untagged = code.when('eq', part(linked, 'tags'), n(0), 'then');
  untagged.then.store(beginning, MACS, 16, announced);
  const one = untagged.otherwise.when('eq', part(linked, 'tags'), n(1));
  one.then.store(beginning, MACS, 32, behind);
  one.then.store(beginning, MACS + 4, 16, announced);
  one.otherwise.store(beginning, MACS, 64, behind);
  one.otherwise.store(beginning, MACS + 8, 16, announced);
  return {
    moved: joined([untagged.then, one.then, one.otherwise]).map((after) => ({ code: after, start: beginning })),
    failed: [...failed, inNextEpoch(inside.otherwise)],
  };
}

/** Where nothing was moved, older views are dead all the same: what follows is compiled once. */
export const inNextEpoch = (code: Code, epochs = 1): Code => code.on({ ...code.path, epoch: code.path.epoch + epochs });

/** Continues with the link view, or gives `otherwise` so many epochs later. */
export function withLink(
  { lowering }: Call,
  path: Path,
  otherwise: Outcome['value'],
  go: (code: Code, linked: View) => readonly Outcome[],
  epochs = 1,
): readonly Outcome[] {
  return each(link(lowering, path), (on, linked) => {
    const code = new Code(lowering, on);
    return isView(linked, 'link') ? go(code, linked) : [{ path: inNextEpoch(code, epochs).path, value: otherwise }];
  });
}
