// Stack slots for keys and values. Their life ends with the helper call that reads them, so one of each size serves the whole
// program: 512 bytes of stack are little.
import type { ValueId } from '../../../ir/types.ts';
import type { Code } from '../code.ts';

export function scratchSlot(code: Code, role: 'key' | 'value' | 'bytes', size: number): ValueId {
  const { builder } = code.lowering;
  return builder.stack(code.path.block, builder.sharedSlot(size, `${role} of ${size} bytes`));
}
