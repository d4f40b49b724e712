import type { KnownMap } from '../maps/known-map.ts';
import { deleteEntry, lookupValue, updateEntry } from '../maps/map-code.ts';
import { keyAt } from '../maps/map-key.ts';
import { type MapShape, shapeKey } from '../maps/shape.ts';
import { Code } from '../wasm/code.ts';
import { get, i32 } from '../wasm/expressions.ts';
import { Library, type LibraryOptions } from '../wasm/library.ts';

/** A module with what Node's side does to maps of a shape: `lookup`, `update` and `remove`, on addresses. */
export function translateOperations(shape: MapShape, options: LibraryOptions): Uint8Array<ArrayBuffer> {
  const lib = new Library(options);
  const known: KnownMap = { shape, key: `any ${shapeKey(shape)}`, geometry: undefined };
  const { builder } = lib;
  const define = (name: string, parameters: number, body: (code: Code) => void): void => {
    const number = builder.declare(builder.type(Array(parameters).fill('i32'), ['i32']));
    const code = new Code(parameters);
    body(code);
    code.unreachable();
    builder.define(number, code);
    builder.export(name, number);
  };
  define('lookup', 2, (code) => code.return(lookupValue(lib, code, known, 0, keyAt(get(1)))));
  define('update', 4, (code) => code.return(i32.wrap(updateEntry(lib, known, 0, get(1), get(2), get(3)))));
  define('remove', 2, (code) => code.return(i32.wrap(deleteEntry(lib, known, 0, get(1)))));
  return lib.finish('maps').bytes;
}
