// Views as the intrinsics make and read them. Parts are registers; `fixed` is known while compiling.
import type { ValueId } from '../../ir/types.ts';
import type { Value } from '../value.ts';

export type View = Extract<Value, { kind: 'view' }>;

export function view(
  type: string,
  epoch: number,
  fixed: View['fixed'],
  parts: Readonly<Record<string, ValueId>>,
): View {
  return { kind: 'view', type, epoch, fixed, parts };
}

export function part(of: View, name: string): ValueId {
  const id = of.parts[name];
  if (id === undefined) throw new Error(`a view of ${of.type} has no part ${name}`);
  return id;
}

export const isView = (value: Value, type: string): value is View => value.kind === 'view' && value.type === type;
