// `packet.pushVlan(id)` and `packet.popVlan()`: IEEE 802.1Q. XDP moves the packet's beginning; tc asks the kernel, which keeps the
// outermost tag beside the packet.
import { vlanLayout, vlanTagTypes } from '@twinpath/packet';
import type { Outcome } from '../../path.ts';
import { constant, type Word } from '../../value.ts';
import { type Code, n } from '../code.ts';
import type { Member } from '../members.ts';
import { piecesOfWords } from '../memory/bytes.ts';
import { type Piece, storePieces } from '../memory/piece.ts';
import { CUSTOMER, isBeside, mayHaveBeside } from '../packet/beside.ts';
import { loadWords } from '../packet/field.ts';
import { joined } from '../rewrite/covering.ts';
import { numberFor } from '../rewrite/store.ts';
import { part, type View } from '../view.ts';
import { inNextEpoch, MACS, moveStart, withLink } from './move.ts';

/** In front of any tag that is there. */
export const pushVlan: Member = (call) => {
  const { operands, lowering, path, site } = call;
  const [id] = operands;
  if (id === undefined) return lowering.fail(site, 'TP4006', 'a VLAN number');
  return withLink(call, path, constant(false), (code, linked) => {
    const control = numberFor(code, vlanLayout.fields.id.bits, id, site);
    if (mayHaveBeside(lowering)) return byKernel(code, 'skb_vlan_push', [n(CUSTOMER), control]);
    const tag = code.swap(control, 16);
    const words = loadWords(code, part(linked, 'start'), 0, MACS);
    const { moved, failed } = moveStart(code, code.id(n(-vlanLayout.size)), MACS + vlanLayout.size);
    const type = moved.code.swap(moved.code.id(n(vlanTagTypes.customer)), 16);
    storePieces(moved.code, moved.start, 0, MACS + vlanLayout.size, [
      ...pieces(words),
      { offset: MACS, bits: 16, value: type },
      { offset: MACS + 2, bits: 16, value: tag },
    ]);
    return truth([moved.code], failed);
  });
};

/** The outermost one. */
export const popVlan: Member = (call) =>
  withLink(call, call.path, constant(false), (code, linked) => {
    const tagged = code.when('ne', countOf(code, linked), n(0));
    const untagged = truth([], [inNextEpoch(tagged.otherwise)]);
    if (mayHaveBeside(call.lowering)) return [...byKernel(tagged.then, 'skb_vlan_pop', []), ...untagged];
    const inside = tagged.then.whenInPacket(part(linked, 'start'), MACS + vlanLayout.size);
    const words = loadWords(inside.then, part(linked, 'start'), 0, MACS);
    const { moved, failed } = moveStart(inside.then, inside.then.id(n(vlanLayout.size)), MACS);
    storePieces(moved.code, moved.start, 0, MACS, pieces(words));
    return truth([moved.code], [...failed, inNextEpoch(inside.otherwise), inNextEpoch(tagged.otherwise)]);
  });

/** Not 0 where there is a tag, in the bytes or beside them. */
const countOf = (code: Code, linked: View) =>
  mayHaveBeside(code.lowering) ? code.alu('or', part(linked, 'tags'), isBeside(code)) : part(linked, 'tags');

function byKernel(code: Code, helper: string, operands: Parameters<Code['call']>[1]): readonly Outcome[] {
  const result = code.call(helper, [code.lowering.builder.context, ...operands]);
  const done = inNextEpoch(code).when('eq', result, n(0), 'then');
  return truth([done.then], [done.otherwise]);
}

const pieces = (words: readonly Word[]): readonly Piece[] => piecesOfWords(words, 0);

const truth = (yes: readonly Code[], no: readonly Code[]): readonly Outcome[] => [
  ...joined(yes).map(({ path }) => ({ path, value: constant(true) })),
  ...joined(no).map(({ path }) => ({ path, value: constant(false) })),
];
