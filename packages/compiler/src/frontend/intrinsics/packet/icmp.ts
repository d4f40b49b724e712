// ICMP and ICMPv6 messages in the fast path, as packet's icmp view has them.
import { icmpLayout, icmpTypes, isErrorType, neighbourLayout } from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import type { Outcome } from '../../path.ts';
import { UNDEFINED, type Value } from '../../value.ts';
import { Code, n } from '../code.ts';
import { Ends } from '../ends.ts';
import { type Call, type Members, reading } from '../members.ts';
import { once } from '../memo.ts';
import { part, type View, view } from '../view.ts';
import { readDatagram, versionOf } from './datagram.ts';
import { integerField, ipField, macField } from './field.ts';
import { tunnelsOf } from './tunnels.ts';

const at = (icmp: View): ValueId => part(icmp, 'at');
const typeOf = (code: Code, icmp: View): ValueId => code.load(at(icmp), icmpLayout.fields.type.at, 8);

const ERRORS = { 4: [3, 4, 5, 11, 12], 6: [1, 2, 3, 4] } as const;
const { 'neighbour-solicitation': SOLICITATION, 'neighbour-advertisement': ADVERTISEMENT } = icmpTypes[6];
/** RFC 4861 section 4.6.1: the source's in solicitations, the target's in advertisements. */
const SOURCE_LINK_ADDRESS = 1;
const TARGET_LINK_ADDRESS = 2;
const MAX_OPTIONS = 4;
const LINK_ADDRESS = { at: 2, bit: 0, bits: 48 };

/** The sides of "the type is one of these". */
function whenType(
  start: Code,
  icmp: View,
  types: readonly number[],
): { readonly then: readonly Code[]; readonly otherwise: Code } {
  const type = typeOf(start, icmp);
  const then: Code[] = [];
  let otherwise = start;
  for (const number of types) {
    const sides = otherwise.when('eq', type, n(number));
    then.push(sides.then);
    otherwise = sides.otherwise;
  }
  return { then: start.lowering.joinPaths(then.map((code) => code.path)).map((path) => start.on(path)), otherwise };
}

/** There are no errors about errors: nothing is quoted in what is quoted. */
function quoted({ lowering, path, receiver }: Call): readonly Outcome[] {
  if (receiver.fixed.quoted === true) return [{ path, value: UNDEFINED }];
  const version = versionOf(receiver);
  if (!ERRORS[version].every((type) => isErrorType(version, type))) throw new Error('not the error types of packet');
  return once(path, `quoted ${at(receiver)}@${path.epoch}`, () => {
    const ends = new Ends(lowering);
    const types = whenType(new Code(lowering, path), receiver, ERRORS[version]);
    ends.fail(types.otherwise);
    for (const code of types.then) {
      const place = {
        at: code.offset(at(receiver), n(icmpLayout.size)),
        offset: code.alu('add', part(receiver, 'offset'), n(icmpLayout.size)),
        readable: part(receiver, 'end'),
        quotedBy: at(receiver),
        tunnelled: receiver.fixed.tunnelled === true,
        tunnels: tunnelsOf(receiver),
      };
      readDatagram(ends, code, version, place);
    }
    return ends.outcomes();
  });
}

function neighbour({ lowering, path, receiver }: Call): readonly Outcome[] {
  if (versionOf(receiver) !== 6) return [{ path, value: UNDEFINED }];
  return once(path, `neighbour ${at(receiver)}@${path.epoch}`, () => {
    const ends = new Ends(lowering);
    const types = whenType(new Code(lowering, path), receiver, [SOLICITATION, ADVERTISEMENT]);
    ends.fail(types.otherwise);
    for (const start of types.then) {
      const end = start.alu('add', part(receiver, 'offset'), n(neighbourLayout.size));
      const inside = ends.require(start.when('ule', end, part(receiver, 'end'), 'then'));
      const code = ends.require(inside.whenInPacket(at(receiver), neighbourLayout.size));
      ends.found(code, view('neighbour', code.path.epoch, {}, receiver.parts));
    }
    return ends.outcomes();
  });
}

export const icmpMembers: Members = {
  properties: {
    type: reading((code, icmp) => ({
      kind: 'name',
      domain: { kind: versionOf(icmp) === 4 ? 'icmp4-type' : 'icmp6-type' },
      id: typeOf(code, icmp),
    })),
    code: reading((code, icmp) => integerField(code, at(icmp), icmpLayout.fields.code)),
  },
  methods: { quoted, neighbour },
};

/** The option is searched only where the author asks for it: up to four options. */
function linkAddress({ lowering, path, receiver }: Call): readonly Outcome[] {
  return once(path, `link address ${at(receiver)}@${path.epoch}`, () => {
    const ends = new Ends(lowering);
    const start = new Code(lowering, path);
    const isSolicitation = start.when('eq', typeOf(start, receiver), n(SOLICITATION));
    for (const [code, kind] of [
      [isSolicitation.then, SOURCE_LINK_ADDRESS],
      [isSolicitation.otherwise, TARGET_LINK_ADDRESS],
    ] as const) {
      const first = {
        at: code.offset(at(receiver), n(neighbourLayout.size)),
        offset: code.alu('add', part(receiver, 'offset'), n(neighbourLayout.size)),
      };
      searchOption(ends, code, part(receiver, 'end'), { kind, left: MAX_OPTIONS }, first);
    }
    return ends.outcomes();
  });
}

interface Place {
  readonly at: ValueId;
  readonly offset: ValueId;
}

function searchOption(
  ends: Ends,
  start: Code,
  end: ValueId,
  search: { readonly kind: number; readonly left: number },
  place: Place,
): void {
  if (search.left === 0) {
    ends.fail(start);
    return;
  }
  const inside = ends.require(start.when('ule', start.alu('add', place.offset, n(8)), end));
  let code = ends.require(inside.whenInPacket(place.at, 8));
  const units = code.load(place.at, 1, 8);
  code = ends.refuse(code.when('eq', units, n(0)));
  const one = code.when('eq', units, n(1));
  const match = one.then.when('eq', one.then.load(place.at, 0, 8), n(search.kind));
  ends.found(match.then, macField(match.then, place.at, LINK_ADDRESS));
  for (const path of code.lowering.joinPaths([one.otherwise.path, match.otherwise.path])) {
    const on = code.on(path);
    const size = on.alu('shl', units, n(3));
    const after = { at: on.offset(place.at, size), offset: on.alu('add', place.offset, size) };
    searchOption(ends, on, end, { kind: search.kind, left: search.left - 1 }, after);
  }
}

export const neighbourMembers: Members = {
  properties: {
    target: reading((code, found): Value => ipField(code, at(found), 6, neighbourLayout.fields.target)),
    mac: linkAddress,
  },
  methods: {},
};
