// The map in a register: known when the code is made, or found when it runs.

import type { KnownMap } from '../maps/known-map.ts';
import { HEADER, shapeKey } from '../maps/shape.ts';
import { type Expr, get, i32, type Local } from '../wasm/expressions.ts';
import type { FunctionWriter } from './function-writer.ts';
import { mapNamed } from './program.ts';
import { w } from './registers.ts';

/** Writes `body` once for the map in the register, or once for each map that it may be. */
export function forMap(writer: FunctionWriter, register: number, body: (known: KnownMap, map: Local) => void): void {
  const { code, program } = writer;
  const fact = writer.facts[register];
  const map = code.keep('i32', w(register));
  if (fact?.kind === 'map') {
    body(mapNamed(program, fact.name), map);
    return;
  }
  if (fact?.kind === 'inner') {
    code.if(i32.eqz(get(map)), () => writer.trap('a map that the program does not have'));
    body(innerOf(mapNamed(program, fact.outer)), map);
    return;
  }
  code.block((done) => {
    for (const known of program.maps.values()) {
      if (known.geometry === undefined) continue;
      code.if(i32.eq(get(map), i32.const(known.geometry.base)), () => {
        body(known, map);
        code.br(done);
      });
    }
    // Nobody has proven where the register comes from: only maps that the program names are safe.
    if (!program.checked)
      for (const inner of innerMaps(writer)) {
        code.if(i32.eq(i32.load(get(map), HEADER.shape), shapeNumber(writer, inner)), () => {
          body(inner, map);
          code.br(done);
        });
      }
    writer.trap('a map that the program does not have');
  });
}

/** Any map that a map of maps may hold. */
export function innerOf(outer: KnownMap): KnownMap {
  const { inner } = outer.shape;
  if (inner === undefined) throw new TypeError(`map ${outer.key} does not say what maps it holds`);
  return { shape: inner, key: `any ${shapeKey(inner)}`, geometry: undefined };
}

function innerMaps({ program }: FunctionWriter): readonly KnownMap[] {
  return [...program.maps.values()].filter(({ shape }) => shape.inner !== undefined).map(innerOf);
}

function shapeNumber({ program }: FunctionWriter, { shape }: KnownMap): Expr {
  return i32.const(program.shapeNumber(shape));
}
