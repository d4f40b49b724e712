// Run-time discriminators of field types: plain frozen data that the layout, the compiler and the codecs read.
// `size` and `align` are in bytes, alignment as in C.

/** 4 or 16 bytes each; the family of an address. */
export type Family = 4 | 6;

interface Sized {
  readonly size: number;
  readonly align: number;
}

/** Unsigned. `host` is little endian (eBPF on x86-64 and arm64), `network` big endian. */
export interface IntegerType extends Sized {
  readonly kind: 'integer';
  readonly size: 1 | 2 | 4;
  readonly order: 'host' | 'network';
}
/** 8 bytes, host order. */
export interface WideType extends Sized {
  readonly kind: 'u64' | 'count64' | 'instant';
  readonly size: 8;
}
/** `bool`, `protocol`: 1 byte. `ip4`, `ip6`, `mac`: 4, 16, 6 bytes, network order. `portName`: u32, host order. `guard`: u32,
 *  `struct bpf_spin_lock`. `traffic`: packets and bytes, u64 each, host order. */
export interface FixedType extends Sized {
  readonly kind: 'bool' | 'ip4' | 'ip6' | 'mac' | 'portName' | 'protocol' | 'traffic' | 'guard';
}
/** In a key 4 or 16 bytes by the family of the map; elsewhere 16 bytes, IPv4 tagged (layout/tagged-ip.ts). `size` is 16. */
export interface IpType extends Sized {
  readonly kind: 'ip';
  readonly size: 16;
}
/** `prefix`: last in an `lpm` key, `size` that of the longest address; or in a classifier, as `portRange`. */
export interface MatchType extends Sized {
  readonly kind: 'prefix' | 'portRange';
}
/** ASCII, zero-padded. */
export interface TextType extends Sized {
  readonly kind: 'text';
}
/** One byte: the index into `names`. */
export interface EnumType extends Sized {
  readonly kind: 'enum';
  readonly size: 1;
  readonly names: readonly string[];
}
/** In headers of authors only: `width` bits, most significant first. `size`: bytes that hold so many bits. */
export interface BitsType extends Sized {
  readonly kind: 'bits';
  readonly width: number;
  /** `flag`: one bit, a boolean. */
  readonly as: 'number' | 'boolean';
}
/** In headers of authors only: u16, network order, how many bytes follow the header; `encapsulate` and `frame` fill it in. */
export interface BytesAfterType extends Sized {
  readonly kind: 'bytesAfter';
  readonly size: 2;
}

export type TypeSpec =
  | IntegerType
  | WideType
  | FixedType
  | IpType
  | MatchType
  | TextType
  | EnumType
  | BitsType
  | BytesAfterType;
export type TypeKind = TypeSpec['kind'];
