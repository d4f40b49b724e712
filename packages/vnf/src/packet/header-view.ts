// Headers of authors on Node: views over the bytes of a packet, as the fast path has them over the packet itself.

import { type ChecksumField, ipView, locateDatagram } from '@twinpath/packet';
import { SPEC } from '../spec/spec-key.ts';
import type { Shape } from '../types/type.ts';
import { type Header, type HeaderView, MOST_HEADER_BYTES } from './header.ts';
import { readHeaderField, writeHeaderField } from './header-bytes.ts';
import { withNext } from './packet-view.ts';
import type { IpHeader } from './views.ts';

/** Bytes of a packet: `at` is the first of a header, `end` is behind the last that belongs to it or to what it carries. */
export interface Span {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly end: number;
  /** UDP checksums of the tunnels around, from the inside. */
  readonly tunnels: readonly ChecksumField[];
}

/** `undefined`: the header is not all there. Writing a field changes the bytes; it updates no checksum, for there is no telling
 *  which would cover it. @throws EncodeError from writing a value that does not fit. */
export function headerView<F extends Shape>(
  header: Header<F>,
  { bytes, at, end, tunnels }: Span,
): HeaderView<F> | undefined {
  const { format, bytes: lengthOf } = header[SPEC];
  if (at + format.size > end) return undefined;
  const own = bytes.subarray(at, at + format.size);
  const view = {};
  for (const field of format.fields) {
    Object.defineProperty(view, field.name, {
      enumerable: true,
      get: () => readHeaderField(field, own),
      set: (value: unknown) => writeHeaderField(field, value, own),
    });
  }
  const sizeNow = () => lengthOf?.(view) ?? format.size;
  const behind = (): Span => {
    const size = sizeNow();
    return { bytes, at: at + size, end, tunnels: size % 2 === 0 ? tunnels : tunnels.map(otherWayAround) };
  };
  Object.assign(view, {
    next: <G extends Shape>(inner: Header<G>) => headerView(inner, behind()),
    ip: () => ipAt(behind()),
  });
  if (!isViewOf(view, header)) throw new Error('a field of the header is missing in its view');
  if (lengthOf !== undefined && !isLength(sizeNow(), format.size)) return undefined;
  return behind().at > end ? undefined : view;
}

const isLength = (size: number, least: number): boolean => size >= least && size <= MOST_HEADER_BYTES && size % 2 === 0;

const otherWayAround = (field: ChecksumField): ChecksumField => ({ ...field, isOdd: field.isOdd !== true });

function isViewOf<F extends Shape>(view: object, header: Header<F>): view is HeaderView<F> {
  return 'next' in view && 'ip' in view && Object.keys(header.fields).every((name) => name in view);
}

/** The datagram that another header carries; it ends where that one's payload ends, or before. */
function ipAt({ bytes, at, end, tunnels }: Span): IpHeader | undefined {
  const version = (bytes[at] ?? 0) >> 4;
  if (at >= end || (version !== 4 && version !== 6)) return undefined;
  const datagram = locateDatagram(bytes, at, version, { readable: end, claimable: end });
  return datagram && withNext(ipView(bytes, datagram, undefined, tunnels), bytes, datagram, tunnels);
}
