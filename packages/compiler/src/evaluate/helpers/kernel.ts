import type { Arguments, Helpers, Machine } from '../machine.ts';
import type { Operand } from '../memory.ts';

/** Reads of structures that the context stands for: to the helper its address is that of the kernel's own. */
function read(given: Arguments, { environment }: Machine): Operand {
  const size = given.unsigned32(1);
  const { kind, offset } = given.pointer(2);
  if (kind !== 'context') return BigInt.asUintN(64, -14n);
  given.room(0, size).set(Uint8Array.from({ length: size }, (_, index) => environment.kernelByte(offset + index)));
  return 0n;
}

export const kernelHelpers: Helpers = {
  probe_read_kernel: { parameters: 3, run: read },
};
