// Properties and methods of a kind of view, by name.

import type { Lowering } from '../lowering.ts';
import type { Outcome, Path, Site } from '../path.ts';
import type { Value } from '../value.ts';
import { Code } from './code.ts';
import type { View } from './view.ts';

export interface Call<R = View> {
  readonly lowering: Lowering;
  readonly path: Path;
  readonly receiver: R;
  readonly operands: readonly Value[];
  readonly site: Site;
}
export type Member<R = View> = (call: Call<R>) => readonly Outcome[];

/** Writes the operand into the packet. */
export type Setter = (call: Call, value: Value) => readonly Path[];

export interface Members<R = View> {
  readonly properties: Readonly<Record<string, Member<R>>>;
  readonly methods: Readonly<Record<string, Member<R>>>;
}

/** A member that only reads, on one path. */
export function reading<R>(read: (code: Code, receiver: R, call: Call<R>) => Value): Member<R> {
  return (call) => [{ path: call.path, value: read(new Code(call.lowering, call.path), call.receiver, call) }];
}
