import { EngineError } from '../engine-error.ts';
import type { KnownMap } from '../maps/known-map.ts';
import type { MapShape } from '../maps/shape.ts';
import type { ContextLayout, Hook } from '../memory/frame-context.ts';
import type { Library } from '../wasm/library.ts';

/** One program on its way into a module: what the translation of every instruction may ask. */
export interface ProgramTranslation {
  readonly name: string;
  readonly lib: Library;
  readonly hook: Hook;
  readonly context: ContextLayout;
  /** Refuse every access that no verifier has proven. */
  readonly checked: boolean;
  /** By the names that relocations use. */
  readonly maps: ReadonlyMap<string, KnownMap>;
  /** The function that begins at the slot. */
  subprogram(slot: number): number;
  /** What the header of maps of that shape says. */
  shapeNumber(shape: MapShape): number;
}

export function mapNamed(program: ProgramTranslation, name: string): KnownMap {
  const map = program.maps.get(name);
  if (map !== undefined) return map;
  throw new EngineError(
    `program "${program.name}" refers to map "${name}", which was not given`,
    `give the maps by the names that the program uses; there are ${[...program.maps.keys()].join(', ') || 'none'}`,
  );
}

export function unsupported(program: ProgramTranslation, slot: number, what: string, hint: string): never {
  throw new EngineError(`program "${program.name}", slot ${slot}: ${what}`, hint);
}
