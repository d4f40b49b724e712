// Numbers of the configuration that are only compared with `===` or stored: what they are decides nothing, and programs for other numbers
// are the same but for them.
import { CONFIGURED } from '../ir/relocated.ts';
import type { ValueId } from '../ir/types.ts';
import type { Lowering } from './lowering.ts';
import type { Path } from './path.ts';
import type { Value } from './value.ts';

type Constant = Extract<Value, { kind: 'constant' }>;
export type Configured = Constant & { readonly from: string };

export const isConfigured = (value: Value): value is Configured =>
  value.kind === 'constant' && value.from !== undefined;

/** `what`: which number is made of the value, if it is not the value itself. */
export function configured(
  lowering: Lowering,
  path: Path,
  { from }: Configured,
  number: bigint,
  { what = '', width = widthOf(number) }: { readonly what?: string; readonly width?: 32 | 64 } = {},
): ValueId {
  return lowering.relocation(path, `${CONFIGURED}${from}${what}`, BigInt.asUintN(64, number), width);
}

const widthOf = (number: bigint): 32 | 64 => (BigInt.asUintN(32, number) === number ? 32 : 64);
