// Brings every checksum that covers a write up to date: which ones do is what packet's ip-view.ts says.
import { ipv4Layout } from '@twinpath/packet';
import type { Site } from '../../path.ts';
import { type Code, n } from '../code.ts';
import { ipPart, versionOf } from '../packet/datagram.ts';
import { openedKind, transport, transportPart } from '../packet/transport.ts';
import { isView, part, type View } from '../view.ts';
import { type ChecksumField, type Covered, update, updateBy } from './checksum-field.ts';
import { type Change, type Delta, deltaOf, onlyIf, plus } from './delta.ts';
import {
  coversAddresses,
  fieldOfKind,
  type Kind,
  numberOfKind,
  sizeOfKind,
  withTransport,
} from './transport-checksum.ts';
import { coverTunnels, fieldIn } from './tunnels.ts';

export const isQuoted = (of: View): boolean => of.fixed.quoted === true;

/** The checksum of the ICMP error that quotes the header. */
export const quotingField = (of: View): ChecksumField => fieldOfKind('icmp', part(of, 'quotedBy'));

/** IPv4: the header's own checksum. What it adds to one that covers the header in turn. */
export function updateHeader(code: Code, ip: View, delta: Delta): { readonly code: Code; readonly delta: Delta } {
  if (versionOf(ip) === 6) return { code, delta };
  const name = isQuoted(ip) ? 'quoted header' : 'header';
  const header = ipPart(ip, 'at');
  const field = fieldIn(ip, { name, header, at: ipv4Layout.fields.checksum.at, zeroMeansNone: false });
  const { code: after, change } = updateBy(code, field, delta);
  return { code: after, delta: plus(after, delta, deltaOf(after, [change])) };
}

/** What was written of an IP header: changes of its fields, and of its addresses. */
export interface HeaderWrite {
  readonly fields?: readonly Change[];
  readonly src?: readonly Change[];
  readonly dst?: readonly Change[];
}

export function coverHeader(
  start: Code,
  ip: View,
  { fields = [], src = [], dst = [] }: HeaderWrite,
  site: Site,
): readonly Code[] {
  const delta = deltaOf(start, [...fields, ...src, ...dst]);
  if (delta === undefined) return [start];
  const { code, delta: all } = updateHeader(start, ip, delta);
  if (isQuoted(ip)) return [updateAround(code, ip, quotingField(ip), { own: all }, all, site)];
  if (src.length + dst.length === 0) return [coverTunnels(code, ip, all)];
  return eachTransport(code, ip, (on, found, kind) => {
    if (kind === undefined || !coversAddresses(kind, versionOf(ip))) return [coverTunnels(on, ip, all)];
    const addresses = addressDelta(on, ip, found, { src, dst });
    return [updateAround(on, ip, fieldOfKind(kind, transportPart(found, 'at')), { addresses }, all, site)];
  });
}

/** Updates a checksum and those of the tunnels around. `written`: of all bytes that changed besides. */
export function updateAround(
  start: Code,
  of: View,
  field: ChecksumField,
  covered: Covered,
  written: Delta | undefined,
  site: Site,
): Code {
  const { code, delta } = update(start, fieldIn(of, field), covered, site);
  const all = delta === undefined ? written : plus(code, delta, written);
  return coverTunnels(code, of, all);
}

/** A routing header with segments left has the destination that is covered. */
export function addressDelta(
  code: Code,
  ip: View,
  found: View,
  { src, dst }: { readonly src: readonly Change[]; readonly dst: readonly Change[] },
): Delta | undefined {
  const [source, destination] = [deltaOf(code, src), deltaOf(code, dst)];
  if (destination === undefined) return source;
  const isFinal = () => code.alu('xor', transportPart(found, 'routed'), n(1));
  const counted = versionOf(ip) === 6 ? onlyIf(code, isFinal(), destination) : destination;
  return plus(code, counted, source);
}

/** Goes on for each kind of transport header that has a checksum and is there, and once for all other datagrams. */
export function eachTransport(
  start: Code,
  ip: View,
  go: (code: Code, transport: View, kind: Kind | undefined) => readonly Code[],
): readonly Code[] {
  const version = versionOf(ip);
  return transport(start.lowering, start.path, ip).flatMap(({ path, value: found }) => {
    if (!isView(found, 'transport')) throw new Error('a datagram has a transport view');
    const opened = openedKind(path, ip);
    if (opened !== undefined) return go(start.on(path), found, opened);
    const ends: Code[] = [];
    let other = start.on(path);
    const without: Code[] = [];
    for (const kind of KINDS) {
      const sides = other.when('eq', transportPart(found, 'protocol'), n(numberOfKind(kind, version)));
      const { then, otherwise } = withTransport(sides.then, found, sizeOfKind(kind));
      ends.push(...go(then, found, kind));
      without.push(...otherwise);
      other = sides.otherwise;
    }
    const rest = joined([...without, other]).flatMap((code) => go(code, found, undefined));
    return joined([...ends, ...rest]);
  });
}

const KINDS: readonly Kind[] = ['tcp', 'udp', 'icmp'];

export function joined(codes: readonly Code[]): readonly Code[] {
  const [first] = codes;
  return first === undefined
    ? []
    : first.lowering.joinPaths(codes.map(({ path }) => path)).map((path) => first.on(path));
}

/** What was written of a transport header, of this protocol. */
export function coverTransport(code: Code, header: View, kind: Kind, changes: readonly Change[], site: Site): Code {
  const field = isQuoted(header) ? quotingField(header) : fieldOfKind(kind, part(header, 'at'));
  const own = deltaOf(code, changes);
  return updateAround(code, header, field, { own }, own, site);
}
