// VLAN tags in the fast path: those of the bytes, and the one that the kernel keeps beside a tc packet.
import { ethernetLayout, vlanLayout } from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import type { Lowering } from '../../lowering.ts';
import type { Outcome, Path } from '../../path.ts';
import { Code, n } from '../code.ts';
import { Ends } from '../ends.ts';
import { type Member, type Members, reading } from '../members.ts';
import { once } from '../memo.ts';
import { part, type View, view } from '../view.ts';
import { besideControl, mayHaveBeside, whenBeside } from './beside.ts';
import { loadField } from './field.ts';

/** A view `vlan` has the parts of its `link`; fixed is its `number` among the tags of the bytes, or that it is `beside` them. */
const start = (of: View) => part(of, 'start');
export const isBesideView = (tag: View): boolean => tag.fixed.beside === true;

/** Behind this many bytes the tag ends. */
export const endOfTag = (number: number): number => ethernetLayout.size + vlanLayout.size * (number + 1);

export const outermostTag: Member = ({ lowering, path, receiver }) =>
  mayHaveBeside(lowering)
    ? once(path, `vlan ${start(receiver)}@${path.epoch}`, () => {
        const sides = whenBeside(new Code(lowering, path));
        const beside = view('vlan', path.epoch, { number: 0, beside: true }, receiver.parts);
        return [{ path: sides.then.path, value: beside }, ...tagOfBytes(lowering, sides.otherwise.path, receiver, 0)];
      })
    : tagOfBytes(lowering, path, receiver, 0);

/** The bytes were checked when the tags were counted, but for the verifier on another path. */
function tagOfBytes(lowering: Lowering, path: Path, linked: View, number: number): readonly Outcome[] {
  return once(path, `vlan ${number} ${start(linked)}@${path.epoch}`, () => {
    const ends = new Ends(lowering);
    const counted = ends.require(new Code(lowering, path).when('ugt', part(linked, 'tags'), n(number)));
    const code = ends.require(counted.whenInPacket(start(linked), endOfTag(number)));
    ends.found(code, view('vlan', code.path.epoch, { number, beside: false }, linked.parts));
    return ends.outcomes();
  });
}

const inner: Member = ({ lowering, path, receiver }) =>
  tagOfBytes(lowering, path, receiver, isBesideView(receiver) ? 0 : Number(receiver.fixed.number) + 1);

export type TagField = 'id' | 'priority';

/** The field's place in the frame; of a tag beside it, in its control information. */
export const placeOfField = (tag: View, name: TagField) => {
  const place = vlanLayout.fields[name];
  return isBesideView(tag) ? place : { ...place, at: place.at + endOfTag(Number(tag.fixed.number)) - vlanLayout.size };
};

/** How far above the lowest bit of the control information the field lies. */
export const shiftOfField = (name: TagField): number => 16 - vlanLayout.fields[name].bit - vlanLayout.fields[name].bits;
const mask = (bits: number) => (1 << bits) - 1;

const field = (name: TagField): Member =>
  reading((code, tag) => {
    const { bits } = vlanLayout.fields[name];
    return code.lowering.integer(read(code, tag, name, bits), { low: 0n, high: BigInt(mask(bits)) });
  });

function read(code: Code, tag: View, name: TagField, bits: number): ValueId {
  if (!isBesideView(tag)) return loadField(code, start(tag), placeOfField(tag, name));
  return code.alu('and', code.alu('shr', besideControl(code), n(shiftOfField(name))), n(mask(bits)));
}

export const vlanMembers: Members = {
  properties: { id: field('id'), priority: field('priority'), inner },
  methods: {},
};
