import type { fastFace, nodeFace } from '../faces.ts';
import type { Guard, Traffic, TrafficTotals } from './traffic.ts';
import type { TypeKind, TypeSpec } from './type-spec.ts';

/** One field: what it is in the fast path, what it is on Node, how many bytes it takes. At run time a `TypeSpec`. */
export interface Type<Fast, Node = Fast> {
  readonly kind: TypeKind;
  readonly size: number;
  readonly align: number;
  readonly [fastFace]?: Fast;
  readonly [nodeFace]?: Node;
}
/** Fields by name; a shape may nest. Laid out as a C struct, every padding byte zero. */
export interface Shape {
  readonly [field: string]: Type<unknown, unknown> | Shape;
}
export type KeyShape = Type<unknown, unknown> | Shape;

/** What the fast path sees of a shape. */
export type Fast<S> = S extends Type<infer F, unknown> ? F : FastRecord<S>;
export type FastRecord<S> = { -readonly [K in keyof S]: Fast<S[K]> };
/** What Node sees of a shape. */
export type Plain<S> = S extends Type<unknown, infer N> ? N : PlainRecord<S>;
export type PlainRecord<S> = { -readonly [K in keyof S]: Plain<S[K]> };

type SelfStarting<V> = {
  [K in keyof V]: V[K] extends Type<Traffic, TrafficTotals> | Type<Guard, undefined> ? K : never;
}[keyof V];
/** A new entry: `traffic` and `guard` fields start at zero and may be left out; the rest must be given. */
export type NewFast<V> = Omit<FastRecord<V>, SelfStarting<V>>;
export type NewPlain<V> = Omit<PlainRecord<V>, SelfStarting<V>> & Partial<Pick<PlainRecord<V>, SelfStarting<V>>>;

/** A shape's field named `kind` is itself a type or a shape; only a type has a text there. */
export function isType(shape: KeyShape): shape is TypeSpec {
  return typeof shape.kind === 'string';
}
