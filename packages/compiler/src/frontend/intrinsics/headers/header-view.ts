// Headers of authors in the packet: `udp.next(gtpu)`, their fields, and what they carry in turn. Rules: vnf's header-view.ts.
import { udpLayout } from '@twinpath/packet';
import { type HeaderField, MOST_HEADER_BYTES } from '@twinpath/vnf/spec';
import type { ValueId } from '../../../ir/types.ts';
import { describe } from '../../core/describe.ts';
import { knownValue } from '../../core/names.ts';
import type { Outcome } from '../../path.ts';
import { UNDEFINED, type Value } from '../../value.ts';
import { Code, n } from '../code.ts';
import { Ends } from '../ends.ts';
import type { Call, Member } from '../members.ts';
import { each, once } from '../memo.ts';
import { loadField as loadTyped } from '../memory/decode.ts';
import { readDatagram } from '../packet/datagram.ts';
import { requireTransport, transport, transportPart } from '../packet/transport.ts';
import { behindBytes, insideOf, type Tunnel, tunnelsOf } from '../packet/tunnels.ts';
import { isView, part, type View, view } from '../view.ts';
import { headerOf, headerSpec, numberOfHeader } from './identity.ts';
import { IPV4_IN_IP, IPV6_IN_IP } from './layer.ts';

interface Span {
  readonly at: ValueId;
  /** Of the header in the frame, and behind the last byte that can belong to it or to what it carries. */
  readonly offset: ValueId;
  readonly end: ValueId;
  readonly tunnels: readonly Tunnel[];
}

/** The header that begins there. `undefined`: it is not all there. */
function open(start: Code, span: Span, call: Call, ends: Ends): void {
  const { lowering, operands, site } = call;
  const { at, offset, end, tunnels } = span;
  const spec = headerSpec(operands[0]) ?? lowering.fail(site, 'TP3005', 'a header()', operands[0]?.kind ?? 'nothing');
  const { size } = spec.format;
  const inside = ends.require(start.when('ule', start.alu('add', offset, n(size)), end, 'then'));
  const code = ends.require(inside.whenInPacket(at, size));
  const around = insideOf(tunnels);
  const fixed = { header: numberOfHeader(spec), ...around.fixed };
  const opened = view('header', code.path.epoch, fixed, { at, offset, end, ...around.parts });
  if (spec.bytes === undefined) ends.found(code, opened);
  else measure(code, opened, call, ends);
}

/** How long the header is with all that belongs to it: as its own function says. */
function measure(code: Code, opened: View, { lowering, site }: Call, ends: Ends): void {
  const { bytes, format } = headerOf(opened.fixed.header);
  const callee = knownValue(bytes);
  if (callee.kind !== 'function') throw new Error('a constant has functions of the author');
  for (const { path, value } of lowering.join(lowering.callFunction(code.path, callee, [opened], site))) {
    const range = lowering.rangeOf(path, value) ?? lowering.fail(site, 'TP3017', describe(value));
    const on = code.on(path);
    const said = lowering.register(path, value, site);
    const isOdd = on.alu('and', said, n(1));
    let fits = ends.require(on.when('eq', isOdd, n(0), 'then'));
    if (range.low < BigInt(format.size)) fits = ends.require(fits.when('sge', said, n(format.size), 'then'));
    if (range.high > BigInt(MOST_HEADER_BYTES)) {
      fits = ends.require(fits.when('sle', said, n(MOST_HEADER_BYTES), 'then'));
    }
    // For the verifier, which wants to see that it is small where it is added to an address.
    const size = fits.alu('and', said, n(MOST_HEADER_BYTES));
    const behindIt = fits.alu('add', part(opened, 'offset'), size);
    const there = ends.require(fits.when('ule', behindIt, part(opened, 'end'), 'then'));
    ends.found(there, { ...opened, epoch: there.path.epoch, parts: { ...opened.parts, size } });
  }
}

/** Lengths that are not constant are even. */
const behind = (code: Code, of: View, size: number | { readonly id: ValueId }): Span => {
  const by = typeof size === 'number' ? n(size) : size.id;
  return {
    at: code.offset(part(of, 'at'), by),
    offset: code.alu('add', part(of, 'offset'), by),
    end: part(of, 'end'),
    tunnels: behindBytes(tunnelsOf(of), typeof size === 'number' ? size : 0),
  };
};

/** `ip.next(header)`: of a datagram that is no later fragment, behind its last extension header. */
export const nextOfIp: Member = (call) => {
  const { lowering, path, receiver } = call;
  const ends = new Ends(lowering);
  each(transport(lowering, path, receiver), (on, found) => {
    if (!isView(found, 'transport')) throw new Error('a datagram has a transport view');
    const code = requireTransport(ends, new Code(lowering, on), found, 0);
    const place = {
      at: transportPart(found, 'at'),
      offset: transportPart(found, 'offset'),
      tunnels: tunnelsOf(receiver),
    };
    open(code, { ...place, end: transportPart(found, 'end') }, call, ends);
    return [];
  });
  return ends.outcomes();
};

/** `udp.next(header)`: in the payload, which ends with the datagram or with what UDP says. */
export const nextOfUdp: Member = (call) => {
  const { lowering, path, receiver } = call;
  const ends = new Ends(lowering);
  const code = new Code(lowering, path);
  const length = code.loadNetwork(part(receiver, 'at'), udpLayout.fields.length.at, 16);
  const said = code.alu('add', part(receiver, 'offset'), length);
  // The smaller one, without a branch.
  const over = code.alu('sub', part(receiver, 'end'), said);
  const end = code.alu('add', said, code.alu('and', over, code.alu('sar', over, n(63))));
  const tunnels = [{ at: part(receiver, 'at'), isOdd: false }, ...tunnelsOf(receiver)];
  open(code, { ...behind(code, receiver, udpLayout.size), end, tunnels }, call, ends);
  return ends.outcomes();
};

const sizeOf = (of: View): number | { readonly id: ValueId } =>
  of.parts.size === undefined ? headerOf(of.fixed.header).format.size : { id: of.parts.size };

export const nextOfHeader: Member = (call) => {
  const code = new Code(call.lowering, call.path);
  const ends = new Ends(call.lowering);
  open(code, behind(code, call.receiver, sizeOf(call.receiver)), call, ends);
  return ends.outcomes();
};

/** The datagram that the header carries; it ends where the header's payload ends, or before. */
export const ipOfHeader: Member = ({ lowering, path, receiver }) =>
  once(path, `carried ${part(receiver, 'at')}@${path.epoch}`, (): readonly Outcome[] => {
    const ends = new Ends(lowering);
    const start = new Code(lowering, path);
    const { at, offset, end, tunnels } = behind(start, receiver, sizeOf(receiver));
    // Either header is no shorter.
    const code = ends.require(start.whenInPacket(at, 20));
    const version = code.alu('shr', code.load(at, 0, 8), n(4));
    const four = code.when('eq', version, n(4));
    const six = four.otherwise.when('eq', version, n(6));
    ends.fail(six.otherwise);
    readDatagram(ends, four.then, 4, { at, offset, claimable: end, tunnelled: true, tunnels });
    readDatagram(ends, six.then, 6, { at, offset, claimable: end, tunnelled: true, tunnels });
    return ends.outcomes();
  });

/** `ip.ip()`: the datagram that this one carries, without a header between. Nothing is read inside of what is quoted. */
export const ipOfIp: Member = ({ lowering, path, receiver }) => {
  if (receiver.fixed.quoted === true) return [{ path, value: UNDEFINED }];
  return once(path, `carried ${part(receiver, 'at')}@${path.epoch}`, (): readonly Outcome[] => {
    const ends = new Ends(lowering);
    each(transport(lowering, path, receiver), (on, found) => {
      if (!isView(found, 'transport')) throw new Error('a datagram has a transport view');
      const code = requireTransport(ends, new Code(lowering, on), found, 0);
      const four = code.when('eq', transportPart(found, 'protocol'), n(IPV4_IN_IP));
      const six = four.otherwise.when('eq', transportPart(found, 'protocol'), n(IPV6_IN_IP));
      ends.fail(six.otherwise);
      const place = {
        at: transportPart(found, 'at'),
        offset: transportPart(found, 'offset'),
        claimable: transportPart(found, 'end'),
        tunnelled: true,
        tunnels: tunnelsOf(receiver),
      };
      readDatagram(ends, four.then, 4, place);
      readDatagram(ends, six.then, 6, place);
      return [];
    });
    return ends.outcomes();
  });
};

/** A field by its name. */
export function headerProperty({ lowering, path, receiver, site }: Call, name: string): readonly Outcome[] {
  const { fields } = headerOf(receiver.fixed.header).format;
  const field = fields.find((one) => one.name === name);
  if (field === undefined) {
    return lowering.fail(site, 'TP3009', name, 'header', fields.map((one) => one.name).join(', '));
  }
  return [{ path, value: load(new Code(lowering, path), part(receiver, 'at'), field) }];
}

function load(code: Code, at: ValueId, { name, type, bit, bits }: HeaderField): Value {
  const place = { path: [name], offset: bit / 8, size: bits / 8 };
  switch (type.kind) {
    case 'bits':
      if (type.as === 'boolean') return { kind: 'boolean', id: loadBits(code, at, bit, bits) };
      return code.lowering.integer(loadBits(code, at, bit, bits), { low: 0n, high: (1n << BigInt(bits)) - 1n });
    case 'bytesAfter':
      return loadTyped(code, at, { ...place, type: { kind: 'integer', size: 2, align: 1, order: 'network' } });
    case 'integer':
      return loadTyped(code, at, { ...place, type: { ...type, order: 'network' } });
    default:
      return loadTyped(code, at, { ...place, type });
  }
}

function loadBits(code: Code, at: ValueId, bit: number, bits: number): ValueId {
  const last = (bit + bits - 1) >> 3;
  let value: ValueId | undefined;
  for (let byte = bit >> 3; byte <= last; ) {
    const width = last - byte >= 3 ? 32 : last - byte >= 1 ? 16 : 8;
    const loaded = width === 8 ? code.load(at, byte, 8) : code.loadNetwork(at, byte, width);
    value = value === undefined ? loaded : code.alu('or', code.alu('shl', value, n(width)), loaded);
    byte += width / 8;
  }
  if (value === undefined) throw new Error('a field has bits');
  const below = 8 * (last + 1) - bit - bits;
  return code.alu('and', code.alu('shr', value, n(below)), n((1n << BigInt(bits)) - 1n));
}
