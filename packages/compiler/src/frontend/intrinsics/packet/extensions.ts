// IPv6 extension headers, walked as packet's dissect/datagram.ts does: a loop in the program, at most 6 times around.
//
// One straight body for all kinds of header, arithmetic in place of branches: the verifier follows every path through the
// loop separately, and four ways at each of six headers would be 4096 of them.
import { extensionNumbers, ipv6RoutingLayout, MAX_EXTENSIONS } from '@twinpath/packet';
import type { Phi, ValueId } from '../../../ir/types.ts';
import type { Outcome, Path } from '../../path.ts';
import type { Code } from '../code.ts';
import { n } from '../code.ts';
import { type View, view } from '../view.ts';
import { ipPart } from './datagram.ts';

const IPV6 = 40;
const NEXT_HEADER = 6;
const SMALLEST = 8;
/** Longest extension header, 255 + 1 units of 8 bytes, rounded up to a mask that the verifier can add up six times. */
const SIZE_MASK = 0xfff;
/** Six of the longest, 12288 bytes, end below it: what the loop adds up has a bound that needs no counting of turns. Two such
 *  walks (a quoted packet behind an ICMPv6 header), or one and an index of 15 bits, stay below the 65,535 bytes to which
 *  verifiers follow a packet pointer. Newer ones see by themselves that a sum ends there, 6.1 does not. */
const OFFSET_MASK = 0x3fff;
const FRAGMENT_OFFSET = 0xfff8;
const FRAGMENT_OFFSET_OR_MORE = 0xfff9;

const { fields: ROUTING } = ipv6RoutingLayout;
const { mobility, fragment, ah, routing, destination, 'hop-by-hop': hopByHop } = extensionNumbers;
const bits = (...numbers: readonly number[]) => numbers.reduce((mask, number) => mask | (1n << BigInt(number)), 0n);

const carried = ['turns', 'offset', 'protocol', 'fragment', 'options', 'routed'] as const;
type State = Readonly<Record<(typeof carried)[number], ValueId>>;

export function walkExtensions(start: Code, ip: View): readonly Outcome[] {
  const { lowering } = start;
  const at = ipPart(ip, 'at');
  const first: State = {
    turns: start.id(n(0)),
    offset: start.id(n(IPV6)),
    protocol: start.load(at, NEXT_HEADER, 8),
    fragment: start.id(n(0)),
    options: start.id(n(0)),
    routed: start.id(n(0)),
  };
  const ends: Outcome[] = [];
  const end = (on: Code, state: State, found: { readonly first: 0 | 1; readonly walked: 0 | 1 }) => {
    const place = { at: on.offset(at, state.offset), offset: on.alu('add', ipPart(ip, 'offset'), state.offset) };
    const { protocol, fragment, options, routed } = state;
    const facts = { first: on.id(n(found.first)), walked: on.id(n(found.walked)) };
    const parts = { ...place, end: ipPart(ip, 'end'), protocol, fragment, options, routed, ...facts };
    ends.push({ path: on.path, value: view('transport', on.path.epoch, {}, parts) });
  };

  const loop = openLoop(start, first);
  const extension = whenExtension(loop.code, loop.state.protocol);
  for (const other of extension.no) end(other, loop.state, { first: 1, walked: 1 });
  for (const path of lowering.joinPaths(extension.yes.map((code) => code.path))) {
    const turn = start.on(path).when('uge', loop.state.turns, n(MAX_EXTENSIONS), 'otherwise');
    end(turn.then, loop.state, { first: 1, walked: 0 });
    const read = readExtension(turn.otherwise, ip, loop.state, (on) => end(on, loop.state, { first: 1, walked: 0 }));
    end(read.later, read.state, { first: 0, walked: 1 });
    loop.close(read.code, read.state);
  }
  return lowering.join(ends);
}

function openLoop(start: Code, first: State) {
  const { builder } = start.lowering;
  const header = builder.block();
  builder.terminate(start.path.block, { op: 'jump', target: header });
  const path: Path = { ...start.path, block: header };
  const entry = (name: (typeof carried)[number]) => ({ block: start.path.block, value: first[name] });
  const phi = (name: (typeof carried)[number]) => builder.phi(header, [entry(name)]);
  const state: State = {
    turns: phi('turns'),
    offset: phi('offset'),
    protocol: phi('protocol'),
    fragment: phi('fragment'),
    options: phi('options'),
    routed: phi('routed'),
  };
  const close = (on: Code, next: State) => {
    builder.terminate(on.path.block, { op: 'jump', target: header });
    for (const name of carried) {
      const inputs: Phi['inputs'] = [entry(name), { block: on.path.block, value: next[name] }];
      builder.completePhi(header, state[name], inputs);
    }
  };
  return { code: start.on(path), state, close };
}

/** Numbers below 64 are a bit in a mask; mobility is beyond. */
function whenExtension(code: Code, protocol: ValueId): { readonly yes: readonly Code[]; readonly no: readonly Code[] } {
  const low = code.when('ult', protocol, n(64));
  const member = low.then.when(
    'ne',
    isOneOf(low.then, protocol, bits(hopByHop, routing, fragment, ah, destination)),
    n(0),
    'otherwise',
  );
  const far = low.otherwise.when('eq', protocol, n(mobility), 'otherwise');
  return { yes: [member.then, far.then], no: [member.otherwise, far.otherwise] };
}

/** 1 if the number, modulo 64, is one of those in the mask. Mobility, 135, is 7 modulo 64: no other extension header is. */
function isOneOf(code: Code, protocol: ValueId, mask: bigint): ValueId {
  const shift = code.alu('and', protocol, n(63));
  return code.alu('and', code.alu('shr', n(BigInt.asIntN(64, mask)), shift), n(1));
}

/** 1 for a routing header with a list of addresses (types 0, 2 and 4) of which some are left: checksums cover the last one. */
function namesLastSegment(code: Code, at: ValueId, size: ValueId, isRouting: ValueId): ValueId {
  const isLeft = isNotZero(code, code.load(at, ROUTING.segmentsLeft.at, 8));
  const type = code.load(at, ROUTING.type.at, 8);
  const isBeyond = isNotZero(code, code.alu('shr', type, n(3)));
  const isList = code.alu('shr', n(0b10101), code.alu('and', type, n(7)));
  const isSmall = code.alu('shr', code.alu('sub', size, n(24)), n(63));
  const isNone = code.alu('or', isBeyond, isSmall);
  return code.alu('and', code.alu('and', isRouting, isLeft), code.alu('and', isList, code.alu('xor', isNone, n(1))));
}

/** 1 for 1 to 255, 0 for 0. */
const isNotZero = (code: Code, byte: ValueId): ValueId => code.alu('shr', code.alu('add', byte, n(255)), n(8));

function readExtension(start: Code, ip: View, state: State, cutOff: (on: Code) => void) {
  const at = start.offset(ipPart(ip, 'at'), state.offset);
  const begin = start.alu('add', ipPart(ip, 'offset'), state.offset);
  const inDatagram = (on: Code, size: ValueId | ReturnType<typeof n>) => {
    const sides = on.when('ule', on.alu('add', begin, size), ipPart(ip, 'end'), 'then');
    cutOff(sides.otherwise);
    return sides.then;
  };
  const checked = inDatagram(start, n(SMALLEST)).whenInPacket(at, SMALLEST);
  cutOff(checked.otherwise);
  let code = checked.then;

  const isFragment = isOneOf(code, state.protocol, bits(fragment));
  const isAh = isOneOf(code, state.protocol, bits(ah));
  const isOption = isOneOf(code, state.protocol, bits(hopByHop, routing, destination));
  // 8 × (units + 1); authentication header: 4 × (units + 2); fragment header: 8, whatever its reserved byte says.
  // Masks and shifts, for each turn waits for the size of the header before, and a multiplication takes longer.
  const units = code.alu('and', code.load(at, 1, 8), code.alu('sub', isFragment, n(1)));
  const scale = code.alu('sub', n(3), isAh);
  const size = code.alu('shl', code.alu('add', units, code.alu('add', isAh, n(1))), scale);
  const bounded = code.alu('and', size, n(SIZE_MASK));
  code = inDatagram(code, bounded);

  const word = code.alu('mul', code.loadNetwork(at, 2, 16), isFragment);
  const after: State = {
    turns: code.alu('add', state.turns, n(1)),
    offset: code.alu('and', code.alu('add', state.offset, bounded), n(OFFSET_MASK)),
    protocol: code.load(at, 0, 8),
    fragment: code.alu('or', state.fragment, code.alu('and', word, n(FRAGMENT_OFFSET_OR_MORE))),
    options: code.alu('or', state.options, isOption),
    routed: code.alu(
      'or',
      state.routed,
      namesLastSegment(code, at, bounded, isOneOf(code, state.protocol, bits(routing))),
    ),
  };
  // Behind the header of a later fragment lies payload: nothing more is walked.
  const later = code.when('ne', code.alu('and', word, n(FRAGMENT_OFFSET)), n(0), 'otherwise');
  return { code: later.otherwise, state: after, later: later.then };
}
