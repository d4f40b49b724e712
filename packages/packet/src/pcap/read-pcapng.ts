// pcapng (draft-ietf-opsawg-pcapng): blocks of a type, a length, a body, and the length again. A section header tells the byte
// order of what follows; interfaces are numbered within their section, and here across sections.
import { getU8, getU32 } from '../bytes/big-endian.ts';
import { type CapturedPacket, CaptureError } from './capture.ts';
import { Source } from './source.ts';

export const SECTION = 0x0a0d0d0a;
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
export const INTERFACE = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
export const ENHANCED_PACKET = 6;

const MIN_BLOCK = 12;
const OPTION_RESOLUTION = 9;
const OPTION_OFFSET = 14;

interface Interface {
  readonly number: number;
  readonly linkType: number;
  /** 0: no limit. */
  readonly snap: number;
  readonly unitsPerSecond: bigint;
  readonly offsetNanos: bigint;
}
interface Block {
  readonly at: number;
  readonly type: number;
  /** Of the whole block. */
  readonly length: number;
}

export function* readPcapng(bytes: Uint8Array): Generator<CapturedPacket, void> {
  let file = new Source(bytes, isLittle(bytes, 0));
  let interfaces: Interface[] = [];
  let known = 0;
  for (let at = 0; at < bytes.length; ) {
    if (getU32(bytes, at) === SECTION) {
      file = new Source(bytes, isLittle(bytes, at));
      interfaces = [];
    }
    const block = blockAt(file, at);
    if (block.type === INTERFACE) interfaces.push(readInterface(file, block, known++));
    const packet = readPacket(file, block, interfaces);
    if (packet) yield packet;
    at += block.length;
  }
}

function isLittle(bytes: Uint8Array, at: number): boolean {
  const magic = new Source(bytes, false).u32(at + 8, 'a section header');
  if (magic === BYTE_ORDER_MAGIC) return false;
  if (magic === 0x4d3c2b1a) return true;
  throw new CaptureError(
    'the section header has no byte order magic',
    at + 8,
    'this is no pcapng file, or it is damaged',
  );
}

function blockAt(file: Source, at: number): Block {
  const type = file.u32(at, 'a block');
  const length = file.u32(at + 4, 'a block');
  if (length < MIN_BLOCK || length % 4 !== 0) {
    throw new CaptureError(
      `a block of type ${type} has the impossible length ${length}`,
      at + 4,
      'the file is damaged',
    );
  }
  file.need(at, length, `a block of type ${type}`);
  if (file.u32(at + length - 4, 'a block') !== length) {
    throw new CaptureError(`a block of type ${type} has two different lengths`, at + length - 4, 'the file is damaged');
  }
  return { at, type, length };
}

function readInterface(file: Source, { at, length }: Block, number: number): Interface {
  let unitsPerSecond = 1_000_000n;
  let offsetNanos = 0n;
  const end = at + length - 4;
  for (let option = at + 16; option + 4 <= end; ) {
    const code = file.u16(option, 'an option');
    const size = file.u16(option + 2, 'an option');
    if (code === 0) break;
    if (code === OPTION_RESOLUTION) unitsPerSecond = resolution(getU8(file.bytes, option + 4));
    if (code === OPTION_OFFSET) offsetNanos = file.i64(option + 4, 'an option') * 1_000_000_000n;
    option += 4 + 4 * Math.ceil(size / 4);
  }
  const linkType = file.u16(at + 8, 'an interface block');
  return { number, linkType, snap: file.u32(at + 12, 'an interface block'), unitsPerSecond, offsetNanos };
}

/** A negative power of 10, or of 2 if the top bit is set. */
function resolution(value: number): bigint {
  return (value & 0x80) === 0 ? 10n ** BigInt(value) : 2n ** BigInt(value & 0x7f);
}

/** `undefined`: another kind of block. */
function readPacket(file: Source, block: Block, interfaces: readonly Interface[]): CapturedPacket | undefined {
  const { at, type } = block;
  if (type === SIMPLE_PACKET) return readSimplePacket(file, block, interfaces);
  if (type !== ENHANCED_PACKET && type !== OBSOLETE_PACKET) return undefined;
  const index = type === ENHANCED_PACKET ? file.u32(at + 8, 'a packet block') : file.u16(at + 8, 'a packet block');
  const from = interfaceOf(interfaces, index, at);
  const captured = file.u32(at + 20, 'a packet block');
  const units = (BigInt(file.u32(at + 12, 'a packet block')) << 32n) | BigInt(file.u32(at + 16, 'a packet block'));
  return {
    bytes: packetBytes(file, block, at + 28, captured),
    length: file.u32(at + 24, 'a packet block'),
    time: (units * 1_000_000_000n) / from.unitsPerSecond + from.offsetNanos,
    interface: from.number,
    linkType: from.linkType,
  };
}

/** Of the first interface, without a time. */
function readSimplePacket(file: Source, block: Block, interfaces: readonly Interface[]): CapturedPacket {
  const from = interfaceOf(interfaces, 0, block.at);
  const length = file.u32(block.at + 8, 'a simple packet block');
  const captured = Math.min(length, from.snap === 0 ? length : from.snap);
  const bytes = packetBytes(file, block, block.at + 12, captured);
  return { bytes, length, time: undefined, interface: from.number, linkType: from.linkType };
}

function interfaceOf(interfaces: readonly Interface[], index: number, at: number): Interface {
  const found = interfaces[index];
  if (found) return found;
  throw new CaptureError(`a packet names interface ${index} of ${interfaces.length}`, at, 'the file is damaged');
}

function packetBytes(file: Source, { at, length }: Block, from: number, captured: number): Uint8Array {
  if (from + captured <= at + length - 4) return file.slice(from, captured, 'a packet');
  throw new CaptureError(
    `a packet of ${captured} bytes does not fit into its block of ${length}`,
    at,
    'the file is damaged',
  );
}
