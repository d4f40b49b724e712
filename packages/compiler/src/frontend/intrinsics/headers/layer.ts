// Layers for `encapsulate`: what a call of `ipHeader`, `udpHeader`, `ethernetHeader` or of an author's header is while compiling,
// and its bytes. The model is packet's build/ and vnf's header-layer.ts.
import {
  ethernetLayout,
  etherTypeNumbers,
  ipv4Layout,
  ipv6Layout,
  protocolNumbers,
  udpLayout,
  vlanLayout,
  vlanTagTypes,
} from '@twinpath/packet';
import type { HeaderSpec } from '@twinpath/vnf/spec';
import type { ValueId } from '../../../ir/types.ts';
import type { Lowering } from '../../lowering.ts';
import type { Outcome, Path, Site } from '../../path.ts';
import { constant, type Value } from '../../value.ts';
import { type Code, n } from '../code.ts';
import { encodeField, familyOf } from '../memory/encode.ts';
import { type Piece, word } from '../memory/piece.ts';
import { numberOf } from '../names.ts';
import { fold } from '../rewrite/delta.ts';
import { headerPieces } from './header-pieces.ts';
import { headerSpec } from './identity.ts';

const KIND = '#layer';
type Fields = ReadonlyMap<string, Value>;

/** The value of a layer: its fields, and under a name that no field has, what it is. */
export const layerOf = (kind: Value, given: Value | undefined, lowering: Lowering, site: Site): Value => {
  if (given?.kind !== 'record') return lowering.fail(site, 'TP3005', 'a record of fields', given?.kind ?? 'nothing');
  return { kind: 'record', fields: new Map([...given.fields, [KIND, kind]]) };
};

export const layerFunction =
  (kind: 'ip' | 'udp' | 'ethernet') =>
  (lowering: Lowering, path: Path, [given]: readonly Value[], site: Site): readonly Outcome[] => [
    { path, value: layerOf(constant(kind), given, lowering, site) },
  ];

/** How a header in front announces what is behind it. */
export interface Announced {
  readonly etherType: number | ValueIdOf;
  readonly protocol: number;
}
interface ValueIdOf {
  readonly id: ValueId;
}

/** For bytes that nothing else names: IEEE 802 local experimental Ethertype 1, RFC 3692. */
export const EXPERIMENTAL = { etherType: 0x88b5, protocol: 253 } as const;

export interface Layer extends Announced {
  readonly kind: 'ip' | 'udp' | 'ethernet' | 'header';
  readonly size: number;
  /** IP: the protocol that the author named, where it is known. */
  readonly carries?: number;
  /** UDP: a checksum is wanted. Author's: a field depends on how long the packet is. */
  readonly hasChecksum?: boolean;
  readonly hasLength?: boolean;
  /** Its bytes; `after`: how many follow it. */
  readonly pieces: (code: Code, after: ValueId, next: Announced) => readonly Piece[];
}

/** What the author gave as a layer. */
export function readLayer(lowering: Lowering, value: Value, site: Site): Layer {
  const kind = value.kind === 'record' ? value.fields.get(KIND) : undefined;
  if (value.kind !== 'record' || kind === undefined) {
    return lowering.fail(site, 'TP3005', 'a layer, such as ipHeader({ … })', value.kind);
  }
  const { fields } = value;
  const spec = headerSpec(kind);
  if (spec !== undefined) return authorsLayer(spec, fields, site);
  switch (kind.kind === 'constant' && kind.value) {
    case 'udp':
      return udpLayer(lowering, fields, site);
    case 'ethernet':
      return ethernetLayer(lowering, fields, site);
    default:
      return ipLayer(lowering, fields, site);
  }
}

const number = (size: 1 | 2, offset: number) =>
  ({ path: [], type: { kind: 'integer', size, align: 1, order: 'network' }, offset, size }) as const;

const network16 = (code: Code, offset: number, value: ValueId): Piece => ({
  offset,
  bits: 16,
  value: code.swap(value, 16),
});
const constant16 = (offset: number, value: number): Piece => ({
  offset,
  bits: 16,
  value: BigInt(((value & 255) << 8) | (value >> 8)),
});

function typePiece(code: Code, offset: number, { etherType }: Announced): Piece {
  return typeof etherType === 'number' ? constant16(offset, etherType) : network16(code, offset, etherType.id);
}

function authorsLayer(spec: HeaderSpec, fields: Fields, site: Site): Layer {
  const { size, fields: all } = spec.format;
  const hasLength = all.some(({ type }) => type.kind === 'bytesAfter');
  return {
    ...EXPERIMENTAL,
    kind: 'header',
    size,
    hasLength,
    pieces: (code, after) => headerPieces(code, spec, fields, after, site),
  };
}

function udpLayer(lowering: Lowering, fields: Fields, site: Site): Layer {
  const checksum = fields.get('checksum') ?? constant(true);
  if (checksum.kind !== 'constant' || typeof checksum.value !== 'boolean') {
    return lowering.fail(site, 'TP3005', 'a constant boolean', checksum.kind);
  }
  const { sport, dport, length } = udpLayout.fields;
  const port = (name: 'sport' | 'dport') => fields.get(name) ?? lowering.fail(site, 'TP3003', name);
  return {
    ...EXPERIMENTAL,
    kind: 'udp',
    hasChecksum: checksum.value,
    protocol: protocolNumbers.udp,
    size: udpLayout.size,
    pieces: (code, after) => [
      ...encodeField(code, number(2, sport.at), port('sport'), site),
      ...encodeField(code, number(2, dport.at), port('dport'), site),
      network16(code, length.at, code.alu('add', after, n(udpLayout.size))),
    ],
  };
}

function ethernetLayer(lowering: Lowering, fields: Fields, site: Site): Layer {
  const { src, dst, type } = ethernetLayout.fields;
  const mac = (code: Code, name: 'src' | 'dst', offset: number) => {
    const value = fields.get(name) ?? lowering.fail(site, 'TP3003', name);
    return encodeField(code, { path: [], type: { kind: 'mac', size: 6, align: 1 }, offset, size: 6 }, value, site);
  };
  const vlan = fields.get('vlan');
  const isTagged = vlan !== undefined && vlan.kind !== 'undefined';
  return {
    ...EXPERIMENTAL,
    kind: 'ethernet',
    size: ethernetLayout.size + (isTagged ? vlanLayout.size : 0),
    pieces: (code, _after, next) => [
      ...mac(code, 'dst', dst.at),
      ...mac(code, 'src', src.at),
      ...(isTagged
        ? [
            constant16(type.at, vlanTagTypes.customer),
            ...encodeField(code, number(2, ethernetLayout.size), vlan, site),
            typePiece(code, ethernetLayout.size + vlanLayout.fields.type.at, next),
          ]
        : [typePiece(code, type.at, next)]),
    ],
  };
}

function ipLayer(lowering: Lowering, fields: Fields, site: Site): Layer {
  const field = (name: string) => fields.get(name) ?? lowering.fail(site, 'TP3003', name);
  const [src, dst] = [field('src'), field('dst')];
  const version = familyOf(src);
  if (version === undefined || familyOf(dst) !== version) {
    return lowering.fail(site, 'TP3005', 'two addresses of one family', 'others');
  }
  const hops = fields.get('hops') ?? constant(64);
  const trafficClass = fields.get('trafficClass') ?? constant(0);
  const named = fields.get('protocol');
  const announced = named?.kind === 'constant' ? numberOf({ kind: 'protocol' }, String(named.value)) : undefined;
  const carries = announced === undefined ? {} : { carries: announced };
  const protocol = (code: Code, offset: number, next: Announced): readonly Piece[] => {
    const given = fields.get('protocol') ?? constant(next.protocol);
    const type = { kind: 'protocol', size: 1, align: 1 } as const;
    return encodeField(code, { path: [], type, offset, size: 1 }, given, site);
  };
  const address = (code: Code, offset: number, value: Value) => {
    const type = version === 4 ? ({ kind: 'ip4', size: 4 } as const) : ({ kind: 'ip6', size: 16 } as const);
    return encodeField(code, { path: [], type: { ...type, align: 1 }, offset, size: type.size }, value, site);
  };
  if (version === 4) {
    const at = ipv4Layout.fields;
    const pieces: Layer['pieces'] = (code, after, next) => [
      { offset: 0, bits: 8, value: 0x45n },
      ...encodeField(code, number(1, at.trafficClass.at), trafficClass, site),
      network16(code, at.length.at, code.alu('add', after, n(ipv4Layout.size))),
      ...encodeField(code, number(1, at.hops.at), hops, site),
      ...protocol(code, at.protocol.at, next),
      ...address(code, at.src.at, src),
      ...address(code, at.dst.at, dst),
    ];
    return {
      kind: 'ip',
      ...carries,
      etherType: etherTypeNumbers.ipv4,
      protocol: IPV4_IN_IP,
      size: ipv4Layout.size,
      pieces: (code, after, next) => withChecksum(code, pieces(code, after, next)),
    };
  }
  const at = ipv6Layout.fields;
  return {
    kind: 'ip',
    ...carries,
    etherType: etherTypeNumbers.ipv6,
    protocol: IPV6_IN_IP,
    size: ipv6Layout.size,
    pieces: (code, after, next) => [
      classWord(code, trafficClass, site),
      network16(code, at.payloadLength.at, after),
      ...protocol(code, at.nextHeader.at, next),
      ...encodeField(code, number(1, at.hops.at), hops, site),
      ...address(code, at.src.at, src),
      ...address(code, at.dst.at, dst),
    ],
  };
}

/** RFC 2003, RFC 2473. */
export const IPV4_IN_IP = 4;
export const IPV6_IN_IP = 41;

/** Version and traffic class: 4 and 8 bits. */
function classWord(code: Code, trafficClass: Value, site: Site): Piece {
  const [piece] = encodeField(code, number(1, 0), trafficClass, site);
  const value = piece?.value ?? 0n;
  if (typeof value === 'bigint') return constant16(0, 0x6000 | (Number(value) << 4));
  return network16(code, 0, code.alu('or', code.alu('shl', value, n(4)), n(0x6000)));
}

/** The checksum of an IPv4 header is that of the words it will have. */
function withChecksum(code: Code, pieces: readonly Piece[]): readonly Piece[] {
  const words = Array.from({ length: ipv4Layout.size / 4 }, (_, index) =>
    code.truncate(word(code, pieces, 4 * index, 32), 32),
  );
  const [first, ...others] = words;
  if (first === undefined) throw new Error('a header has words');
  const sum = others.reduce((total, one) => code.alu('add', total, one), first);
  const folded = fold(code, { id: sum, most: BigInt(words.length) * 0xffff_ffffn });
  return [...pieces, { offset: ipv4Layout.fields.checksum.at, bits: 16, value: code.alu('xor', folded, n(0xffff)) }];
}
