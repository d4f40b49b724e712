import type { FunctionWriter } from '../translate/function-writer.ts';

/** Writes a call: arguments are in r1 to r5, the result goes to r0. `slot` tells errors where the call stands. */
export type Helper = (writer: FunctionWriter, slot: number) => void;
export type Helpers = Readonly<Record<string, Helper>>;
