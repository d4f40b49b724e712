// Where the bytes of a value come from: a word that was read, and is written back with some of its bytes changed.
import type { ValueId } from '../ir/types.ts';
import type { Definitions } from '../ir/uses.ts';

/** A byte of a value, from 0 for the lowest. */
export interface ByteSource {
  readonly value: ValueId;
  readonly byte: number;
}

const DEEPEST = 12;

/** `undefined`: it is computed; zero: nothing else. */
export function sourceOfByte(
  definitions: Definitions,
  value: ValueId,
  byte: number,
  depth = 0,
): ByteSource | 'zero' | undefined {
  const found = definitions[value];
  if (found === undefined || depth === DEEPEST) return undefined;
  const from = (other: ValueId, place: number) => sourceOfByte(definitions, other, place, depth + 1);
  switch (found.op) {
    case 'constant':
      return byteOf(found.value, byte) === 0n ? 'zero' : undefined;
    case 'load':
      return byte < found.width / 8 ? { value, byte } : 'zero';
    case 'truncate':
      return byte < found.width / 8 ? from(found.value, byte) : 'zero';
    case 'swap':
      return byte < found.width / 8 ? from(found.value, found.width / 8 - 1 - byte) : 'zero';
    case 'alu':
      break;
    default:
      return undefined;
  }
  const { operation, left, right } = found;
  if (operation === 'or') {
    const [one, other] = [from(left, byte), from(right, byte)];
    return one === 'zero' ? other : other === 'zero' ? one : undefined;
  }
  const operand = definitions[right];
  if (operand?.op !== 'constant') return undefined;
  if (operation === 'and') {
    const kept = byteOf(operand.value, byte);
    return kept === 0n ? 'zero' : kept === 0xffn ? from(left, byte) : undefined;
  }
  const isWhole = operand.value >= 0n && operand.value < 64n && operand.value % 8n === 0n;
  if (!isWhole || (operation !== 'shl' && operation !== 'shr')) return undefined;
  const place = operation === 'shl' ? byte - Number(operand.value) / 8 : byte + Number(operand.value) / 8;
  return place >= 0 && place < 8 ? from(left, place) : 'zero';
}

const byteOf = (constant: bigint, byte: number): bigint => (constant >> BigInt(8 * byte)) & 0xffn;
