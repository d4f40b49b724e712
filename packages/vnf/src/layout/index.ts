export { type Codec, type CodecOptions, codec, type Decoded, type DecodedRecord } from './codec.ts';
export { DecodeError, EncodeError } from './encode-error.ts';
export { familyOf, familyReader } from './family.ts';
export type { FieldValue } from './field-reader.ts';
export { type Hole, holdsIp, type Layout, type LayoutField, LPM_LENGTH_SIZE, layoutOf } from './layout.ts';
export { LayoutError } from './layout-error.ts';
export { getU32 } from './little-endian.ts';
export { decodeCopies, mergeCopies, perCpuStride } from './per-cpu.ts';
export { readTaggedIp, writeTaggedIp } from './tagged-ip.ts';
