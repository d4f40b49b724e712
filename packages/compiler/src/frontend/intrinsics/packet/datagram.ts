// IPv4 and IPv6 datagrams; the rules are those of packet's dissect/datagram.ts, field for field.
import { ipv6Layout } from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import type { Lowering } from '../../lowering.ts';
import type { Outcome, Path } from '../../path.ts';
import { Code, n } from '../code.ts';
import { Ends } from '../ends.ts';
import { each, once } from '../memo.ts';
import { isView, part, type View, view } from '../view.ts';
import { frameLength } from './length.ts';
import { followedBy, link, networkHeader } from './link.ts';
import { insideOf, type Tunnel } from './tunnels.ts';

const IPV4 = 20;
const IPV6 = 40;
const IPV4_LENGTH = 2;
const IPV6_PAYLOAD_LENGTH = 4;
/** First half of an address in ff00::/64, as it lies in memory. */
const RESERVED = 0xff;

/** Parts of a view `ip`: `at` its address, `offset` in the frame, `length` as its header says, `end` the offset behind what
 *  can be read of it, `headerLength`; of a quoted one `quotedBy`, the address of the ICMP header. Fixed: `version`, and whether it is `quoted` in an ICMP error. */
export const ipPart = (ip: View, name: 'at' | 'offset' | 'length' | 'end' | 'headerLength'): ValueId => part(ip, name);
export const versionOf = (ip: View): 4 | 6 => (ip.fixed.version === 6 ? 6 : 4);

/** The datagram of the frame: `undefined`, IPv4 or IPv6. */
export function frameDatagram(lowering: Lowering, path: Path): readonly Outcome[] {
  return once(path, `ip@${path.epoch}`, () => {
    const ends = new Ends(lowering);
    each(link(lowering, path), (linkedPath, linked) => {
      const code = new Code(lowering, linkedPath);
      if (!isView(linked, 'link')) {
        ends.fail(code);
        return [];
      }
      const length = frameLength(code);
      const version4 = followedBy(code, linked, 'ipv4');
      const version6 = followedBy(version4.otherwise, linked, 'ipv6');
      ends.fail(version6.otherwise);
      for (const [on, version] of [
        [version4.then, 4],
        [version6.then, 6],
      ] as const) {
        const place = { at: networkHeader(on, linked), offset: part(linked, 'offset'), claimable: length };
        readDatagram(ends, on, version, place);
      }
      return [];
    });
    return ends.outcomes();
  });
}

interface Place {
  readonly at: ValueId;
  readonly offset: ValueId;
  /** Offset that the datagram must not claim to reach beyond. */
  readonly claimable?: ValueId;
  /** Of a quoted one: offset behind what the quoting datagram holds, and the address of the ICMP header. */
  readonly readable?: ValueId;
  readonly quotedBy?: ValueId;
  /** Carried by a header of the author's, and what UDP headers are around that. */
  readonly tunnelled?: boolean;
  readonly tunnels?: readonly Tunnel[];
}

export function readDatagram(ends: Ends, code: Code, version: 4 | 6, place: Place): void {
  if (version === 4) readIpv4(ends, code, place);
  else readIpv6(ends, code, place);
}

function readIpv4(ends: Ends, start: Code, place: Place): void {
  const { at, offset } = place;
  let code = ends.require(start.whenInPacket(at, IPV4));
  code = requireReadable(ends, code, place, n(IPV4));
  // Version 4 and at least 5 words: one comparison, of a scalar that no offset is made of.
  const first = code.load(at, 0, 8);
  code = ends.require(code.when('ule', code.alu('sub', first, n(0x45)), n(10)));
  const headerLength = code.alu('shl', code.alu('and', first, n(15)), n(2));
  code = requireReadable(ends, code, place, headerLength);
  const length = code.loadNetwork(at, IPV4_LENGTH, 16);
  code = ends.require(code.when('uge', length, headerLength));
  finish(ends, code, 4, place, { at, offset, length, headerLength });
}

function readIpv6(ends: Ends, start: Code, place: Place): void {
  const { at, offset } = place;
  let code = ends.require(start.whenInPacket(at, IPV6));
  code = requireReadable(ends, code, place, n(IPV6));
  code = ends.require(code.when('eq', code.alu('shr', code.load(at, 0, 8), n(4)), n(6)));
  for (const { at: address } of [ipv6Layout.fields.src, ipv6Layout.fields.dst]) {
    code = ends.refuse(code.when('eq', code.load(at, address, 64), n(RESERVED), 'otherwise'));
  }
  const length = code.alu('add', code.loadNetwork(at, IPV6_PAYLOAD_LENGTH, 16), n(IPV6));
  finish(ends, code, 6, place, { at, offset, length, headerLength: code.id(n(IPV6)) });
}

/** In a quoted datagram the header must lie in what is quoted; in a frame `length` proves more. */
function requireReadable(ends: Ends, code: Code, { offset, readable }: Place, size: Parameters<Code['alu']>[2]): Code {
  if (readable === undefined) return code;
  return ends.require(code.when('ule', code.alu('add', offset, size), readable));
}

type Parts = Readonly<Record<'at' | 'offset' | 'length' | 'headerLength', ValueId>>;

function finish(
  ends: Ends,
  start: Code,
  version: 4 | 6,
  { claimable, readable, quotedBy, tunnelled = false, tunnels = [] }: Place,
  parts: Parts,
): void {
  const claimed = start.alu('add', parts.offset, parts.length);
  const code = claimable === undefined ? start : ends.require(start.when('ule', claimed, claimable));
  const around = insideOf(tunnels);
  const done = (on: Code, end: ValueId) =>
    ends.found(
      on,
      view(
        'ip',
        on.path.epoch,
        { version, quoted: readable !== undefined, tunnelled, ...around.fixed },
        { ...parts, end, ...(quotedBy !== undefined && { quotedBy }), ...around.parts },
      ),
    );
  if (readable === undefined) {
    done(code, claimed);
    return;
  }
  const whole = code.when('ule', claimed, readable);
  done(whole.then, claimed);
  done(whole.otherwise, readable);
}
