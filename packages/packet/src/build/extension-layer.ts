import { ipToBytes } from '../address/ip.ts';
import { concat } from '../bytes/concat.ts';
import { extensionNumbers } from '../layout/extension.ts';
import { headerBytes } from '../layout/field.ts';
import { authenticationLayout, ipv6FragmentLayout, ipv6RoutingLayout } from '../layout/headers.ts';
import type { Ip6, Protocol, u8, u16, u32 } from '../types/values.ts';
import { nextProtocol } from './ip-layer.ts';
import type { Layer } from './layer.ts';

interface Announced {
  /** What follows; default: that of the next layer. */
  readonly next?: Protocol | undefined;
}
interface Sized extends Announced {
  /** As the field counts; default: as it is. */
  readonly length?: u8 | undefined;
}
export interface OptionsFields extends Sized {
  /** Options; filled up to whole units of 8 bytes with padding. */
  readonly data?: Uint8Array | undefined;
}
export interface RoutingFields extends Sized {
  readonly type?: u8 | undefined;
  readonly left?: u8 | undefined;
  readonly via?: readonly Ip6[] | undefined;
}
export interface FragmentFields extends Announced {
  /** Units of 8 bytes. */
  readonly offset?: u16 | undefined;
  readonly more?: boolean | undefined;
  readonly identification?: u32 | undefined;
}
export interface AuthenticationFields extends Sized {
  readonly spi?: u32 | undefined;
  readonly sequence?: u32 | undefined;
  /** Integrity check value; default 12 bytes of zero. */
  readonly data?: Uint8Array | undefined;
}

/** Hop-by-hop and destination options, mobility (RFC 8200 sections 4.3 and 4.6, RFC 6275 section 6.1). */
export function optionsExtension(
  name: 'hop-by-hop' | 'destination' | 'mobility',
  { data, length, next }: OptionsFields,
): Layer {
  const body = padded(data ?? new Uint8Array());
  return {
    protocol: extensionNumbers[name],
    encode: (behind, around) =>
      concat(
        Uint8Array.of(nextProtocol(next, around.behind, behind), length ?? (body.length + 2) / 8 - 1),
        body,
        behind,
      ),
  };
}

/** Pad1 for one byte, PadN for more (RFC 8200 section 4.2). */
function padded(data: Uint8Array): Uint8Array {
  const missing = (8 - ((data.length + 2) % 8)) % 8;
  const padding = new Uint8Array(missing);
  if (missing > 1) padding.set([1, missing - 2]);
  return concat(data, padding);
}

/** Types 0, 2 and 4 are lists of addresses. Where segments are left, checksums cover the last one. */
export function routingExtension({ type = 4, left = 0, via = [], length, next }: RoutingFields): Layer {
  const addresses = via.map(ipToBytes);
  const finalDst = left > 0 ? (type === 4 ? addresses[0] : addresses.at(-1)) : undefined;
  return {
    protocol: extensionNumbers.routing,
    ...(finalDst && { finalDst }),
    encode(behind, around) {
      const header = headerBytes(ipv6RoutingLayout, {
        nextHeader: nextProtocol(next, around.behind, behind),
        length: length ?? 2 * addresses.length,
        type,
        segmentsLeft: left,
      });
      const lastEntry = type === 4 ? Math.max(0, addresses.length - 1) : 0; // RFC 8754 section 2
      return concat(header, Uint8Array.of(lastEntry, 0, 0, 0), ...addresses, behind);
    },
  };
}

export function fragmentExtension({ offset = 0, more = false, identification = 0, next }: FragmentFields): Layer {
  return {
    protocol: extensionNumbers.fragment,
    encode(behind, around) {
      const nextHeader = nextProtocol(next, around.behind, behind);
      const values = { nextHeader, fragmentOffset: offset, moreFragments: Number(more), identification };
      return concat(headerBytes(ipv6FragmentLayout, values), behind);
    },
  };
}

/** RFC 4302 section 2; the length field counts words of 4 bytes, less 2. */
export function authenticationExtension({ spi = 1, sequence = 1, data, length, next }: AuthenticationFields): Layer {
  const value = data ?? new Uint8Array(12);
  return {
    protocol: extensionNumbers.ah,
    encode(behind, around) {
      const header = headerBytes(authenticationLayout, {
        nextHeader: nextProtocol(next, around.behind, behind),
        length: length ?? (authenticationLayout.size + value.length) / 4 - 2,
        spi,
        sequence,
      });
      return concat(header, value, behind);
    },
  };
}
