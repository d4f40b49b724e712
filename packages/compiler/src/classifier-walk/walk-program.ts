import {
  type ClassifierShape,
  emitLookup,
  type Family,
  type FieldValues,
  type Key,
  NO_RULE,
  type SizeClass,
} from '@twinpath/classifier';
import type { MapSpec } from '@twinpath/ebpf';
import { ProgramBuilder } from '../ir/builder.ts';
import type { BlockId, Program, ValueId } from '../ir/types.ts';

export const TABLE = 'rules';

/** Where field `position` lies in a test packet; byte 0 is the family. */
const placeOf = (position: number) => 16 * (position + 1);

export const packetSize = (shape: ClassifierShape) => placeOf(shape.length);

export function tableSpec({ valueBytes }: SizeClass): MapSpec {
  return { name: TABLE, type: 'array', keySize: 4, valueSize: valueBytes, maxEntries: 1 };
}

/** A program that reads a key from the packet, walks the table and returns the rule's number plus 1. */
export function walkProgram(shape: ClassifierShape, sizeClass: SizeClass): Program {
  const builder = new ProgramBuilder('walk', 'xdp');
  const { entry } = builder;
  const packet = builder.packetStart(entry, 0);
  const [readable, cut] = [builder.block(), builder.block()];
  const size = packetSize(shape);
  builder.terminate(entry, { op: 'in-packet', pointer: packet, size, epoch: 0, then: readable, otherwise: cut });
  builder.terminate(cut, { op: 'return', value: builder.constant(cut, 0n) });

  const families = [builder.block(), builder.block()] as const;
  const family = builder.load(readable, packet, 0, 8);
  const isIp4 = builder.compare(readable, 'eq', family, builder.constant(readable, 4n));
  builder.terminate(readable, { op: 'branch', condition: isIp4, then: families[0], otherwise: families[1] });
  for (const [index, family] of ([4, 6] as const).entries()) {
    const block = families[index === 0 ? 0 : 1];
    const fields = loadFields(builder, block, shape, family, packet);
    const table = builder.mapValue(block, TABLE, 0);
    const found = emitLookup(builder, block, { shape, family, sizeClass, table, fields });
    const next = builder.alu(found.block, 'add', found.number, builder.constant(found.block, 1n));
    const value = builder.alu(found.block, 'and', next, builder.constant(found.block, BigInt(NO_RULE)));
    builder.terminate(found.block, { op: 'return', value });
  }
  return builder.finish();
}

function loadFields(
  builder: ProgramBuilder,
  block: BlockId,
  shape: ClassifierShape,
  family: Family,
  packet: ValueId,
): FieldValues {
  return shape.map(({ kind }, position) => {
    const at = placeOf(position);
    if (kind === 'exact8') return builder.load(block, packet, at, 8);
    if (kind === 'range16') return builder.swap(block, builder.load(block, packet, at, 16), 16);
    return Array.from({ length: family === 4 ? 1 : 4 }, (_, word) =>
      builder.swap(block, builder.load(block, packet, at + 4 * word, 32), 32),
    );
  });
}

/** The packet that holds a key. */
export function walkPacket(shape: ClassifierShape, key: Key): Uint8Array {
  const packet = new Uint8Array(packetSize(shape));
  const view = new DataView(packet.buffer);
  packet[0] = 4;
  for (const [position, value] of key.entries()) {
    const at = placeOf(position);
    if (typeof value === 'object') {
      packet.set(value, at);
      packet[0] = value.length === 4 ? 4 : 6;
    } else if (shape[position]?.kind === 'range16') view.setUint16(at, value);
    else view.setUint8(at, value);
  }
  return packet;
}
