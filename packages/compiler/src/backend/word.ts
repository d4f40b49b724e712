import type { Instruction, ValueId } from '../ir/types.ts';
import type { Definitions } from '../ir/uses.ts';

/** Whether a value is known to fit 32 bits, unsigned, by the instruction that makes it. */
export function isWord(value: ValueId, definitions: Definitions): boolean {
  const definition = definitions[value];
  switch (definition?.op) {
    case 'constant':
      return BigInt.asUintN(32, definition.value) === definition.value;
    case 'relocation':
    case 'load':
    case 'swap':
      return definition.width <= 32;
    case 'truncate':
    case 'compare':
      return true;
    case 'alu':
      return isWordAlu(definition, definitions);
    default:
      return false;
  }
}

function isWordAlu({ operation, left, right }: Extract<Instruction, { op: 'alu' }>, definitions: Definitions): boolean {
  switch (operation) {
    case 'and':
      return isWord(left, definitions) || isWord(right, definitions);
    case 'or':
    case 'xor':
      return isWord(left, definitions) && isWord(right, definitions);
    case 'shr':
    case 'div':
    case 'mod':
      return isWord(left, definitions);
    default:
      return false;
  }
}
