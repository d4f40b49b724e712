// Where the transport header of a datagram lies; the rules are those of packet's dissect/datagram.ts and transport.ts.
import type { ValueId } from '../../../ir/types.ts';
import type { Lowering } from '../../lowering.ts';
import type { Outcome, Path } from '../../path.ts';
import { Code, n } from '../code.ts';
import { Ends } from '../ends.ts';
import { each, once } from '../memo.ts';
import { isView, part, type View, view } from '../view.ts';
import { ipPart, versionOf } from './datagram.ts';
import { walkExtensions } from './extensions.ts';

const IPV4_FRAGMENT = 6;
const IPV4_PROTOCOL = 9;

/** Parts of a view `transport`: `at`, `offset` in the frame, `end` of the datagram, `protocol`, and 0 or not 0 each: is it a
 *  `fragment`, the `first` one, are there `options`, was the chain of headers `walked` to its end, does a routing header name another destination (`routed`). */
export type TransportPart =
  | 'at'
  | 'offset'
  | 'end'
  | 'protocol'
  | 'fragment'
  | 'first'
  | 'options'
  | 'walked'
  | 'routed';
export const transportPart = (transport: View, name: TransportPart): ValueId => part(transport, name);

export function transport(lowering: Lowering, path: Path, ip: View): readonly Outcome[] {
  return once(path, `transport ${ipPart(ip, 'at')}@${path.epoch}`, () => {
    const code = new Code(lowering, path);
    return versionOf(ip) === 4 ? [{ path, value: ipv4Transport(code, ip) }] : walkExtensions(code, ip);
  });
}

function ipv4Transport(code: Code, ip: View): View {
  const [at, offset, headerLength] = [ipPart(ip, 'at'), ipPart(ip, 'offset'), ipPart(ip, 'headerLength')];
  const fragment = code.loadNetwork(at, IPV4_FRAGMENT, 16);
  return view(
    'transport',
    code.path.epoch,
    {},
    {
      at: code.offset(at, headerLength),
      offset: code.alu('add', offset, headerLength),
      end: ipPart(ip, 'end'),
      protocol: code.load(at, IPV4_PROTOCOL, 8),
      fragment: code.alu('and', fragment, n(0x3fff)),
      first: code.compare('eq', code.alu('and', fragment, n(0x1fff)), n(0)),
      options: code.compare('ugt', headerLength, n(20)),
      walked: code.id(n(1)),
      routed: code.id(n(0)),
    },
  );
}

/** Goes on where `size` bytes of transport header can be read: not of later fragments, nor outside the datagram. */
export function requireTransport(ends: Ends, start: Code, found: View, size: number): Code {
  let code = ends.require(start.when('ne', transportPart(found, 'first'), n(0), 'then'));
  code = ends.require(code.when('ne', transportPart(found, 'walked'), n(0), 'then'));
  const end = code.alu('add', transportPart(found, 'offset'), n(size));
  code = ends.require(code.when('ule', end, transportPart(found, 'end'), 'then'));
  return size === 0 ? code : ends.require(code.whenInPacket(transportPart(found, 'at'), size));
}

/** Opens a transport header: where the protocol is `protocol` and `size` bytes are there, `make` goes on. */
export function openTransport(
  lowering: Lowering,
  path: Path,
  ip: View,
  header: { readonly protocol: number; readonly size: number },
  make: (ends: Ends, code: Code, transport: View) => void,
): readonly Outcome[] {
  const ends = new Ends(lowering);
  each(transport(lowering, path, ip), (onPath, found) => {
    if (found.kind !== 'view') throw new Error('a datagram has a transport view');
    const code = new Code(lowering, onPath);
    const expected = ends.require(code.when('eq', transportPart(found, 'protocol'), n(header.protocol)));
    make(ends, requireTransport(ends, expected, found, header.size), found);
    return [];
  });
  return ends.outcomes();
}

type Opened = 'tcp' | 'udp' | 'icmp';

const opened = (kind: Opened, ip: View, { epoch }: Path): string => `${kind} ${ipPart(ip, 'at')}@${epoch}`;

/** Remembers what opening a header has come to. */
export const onceOpened = (kind: Opened, path: Path, ip: View, make: () => readonly Outcome[]): readonly Outcome[] =>
  once(path, opened(kind, ip, path), make);

/** A header that the author has opened is there: nothing has to be asked again. */
export const openedKind = (path: Path, ip: View): Opened | undefined =>
  OPENED.find((kind) => {
    const found = path.known.get(opened(kind, ip, path));
    return found !== undefined && isView(found, kind);
  });

const OPENED: readonly Opened[] = ['tcp', 'udp', 'icmp'];
