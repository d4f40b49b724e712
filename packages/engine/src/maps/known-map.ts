import { type Expr, get, i32, type Local } from '../wasm/expressions.ts';
import { HEADER, type MapShape } from './shape.ts';

/** A map of which code is made: one whose place is known, or any of a shape. */
export interface KnownMap {
  readonly shape: MapShape;
  /** Tells functions of one map from those of others. */
  readonly key: string;
  /** What its header holds and never changes; undefined: read it. */
  readonly geometry: Geometry | undefined;
}

export interface Geometry {
  readonly base: number;
  readonly maxEntries: number;
  readonly mask: number;
  readonly buckets: number;
  readonly elements: number;
  readonly capacity: number;
}

/** i32: what never changes in the header of the map at `map`. */
export function fixed(known: KnownMap, what: Exclude<keyof Geometry, 'base'>, map: Local): Expr {
  return known.geometry ? i32.const(known.geometry[what]) : i32.load(get(map), HEADER[what]);
}

/** i32: the map's address. */
export function baseOf({ geometry }: KnownMap, map: Local): Expr {
  return geometry ? i32.const(geometry.base) : get(map);
}
