// Chains that were fused before, by their parts without relocated numbers: another number costs nothing but to put it there.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { type CompiledProgram, compileProgram } from '../backend/index.ts';
import { type Fused, type FuseOptions, fuseChain, fuseNumbers, type Part } from '../fuse/index.ts';
import type { Numbers, Program } from '../ir/types.ts';
import { Latest } from '../latest.ts';
import { hashOfModules } from './cache-files.ts';
import { digestOf, Kept } from './kept.ts';
import { compiledOf, compiler, type Stored, storedOf } from './program-cache.ts';

/** A program's IR as it goes from thread to thread: as v8.serialize has it, since nobody but the compiler looks into it, and the
 *  numbers that are put into its code in the end. Those may be others while the rest is the same. */
export interface SerialisedIr {
  readonly bytes: Uint8Array;
  readonly relocated: Numbers;
}

export function serialiseIr({ relocated = {}, ...program }: Program): SerialisedIr {
  return { bytes: serialize(program), relocated };
}

export interface SerialisedPart extends Omit<Part, 'ir'> {
  readonly ir: SerialisedIr;
}

export interface FuseOnceOptions extends Omit<FuseOptions, 'parts'> {
  readonly parts: readonly SerialisedPart[];
}

export interface FusedCode extends Omit<Fused, 'program'> {
  readonly compiled: CompiledProgram;
}

export class FusedCache {
  readonly #chains = new Kept<Omit<Fused, 'program'> & { readonly compiled: Stored }>('chain', 16);
  readonly #fuse: typeof fuseChain;

  constructor(fuse = fuseChain) {
    this.#fuse = fuse;
  }

  /** As fuseChain and compileProgram, but only once of parts that differ in relocated numbers alone. @throws CodeGenerationError */
  once({ parts: given, ...options }: FuseOnceOptions): FusedCode {
    const parts = given.map(({ ir, ...part }) => {
      const digest = digestOf(ir.bytes).toString('hex');
      const known = knownParts.once(digest, () => partOf(deserialize(ir.bytes)));
      return { digest, files: known.files, part: { ...part, ir: { ...known.program, relocated: ir.relocated } } };
    });
    const { relocated, nameIn } = fuseNumbers(parts.map(({ part }) => part));
    const sources = sourcesOf(parts.flatMap(({ files }) => files));
    const from = parts.map(({ digest, part: { ir, ...part } }) => {
      return [digest, part, Object.keys(ir.relocated).map((name) => nameIn(part, name))];
    });
    const made = this.#chains.once([fuser(), options, from, sources], () => {
      const byPosition = new Map(parts.map(({ part }) => [part.position, part] as const));
      const { program, ...fused } = this.#fuse({ ...options, parts: byPosition });
      return { ...fused, compiled: storedOf(compileProgram(program, { sources })) };
    });
    return { ...made, compiled: compiledOf(made.compiled, relocated) };
  }
}

const chains = new FusedCache();

/** `FusedCache.once`, of this process. */
export const fuseOnce = (options: FuseOnceOptions): FusedCode => chains.once(options);

interface KnownPart {
  readonly program: Program;
  /** Of which it was made. */
  readonly files: readonly string[];
}

/** By their bytes: what is remembered of a program is found by the object that it is. */
const knownParts = new Latest<KnownPart>(64);

function partOf(program: Program): KnownPart {
  const files = program.blocks.flatMap(({ instructions }) =>
    instructions.flatMap(({ at }) => (at === undefined ? [] : [at.file])),
  );
  return { program, files: [...new Set(files)] };
}

/** What the kernel's log quotes; a function that comes without its source has none. */
function sourcesOf(files: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    [...new Set(files)].flatMap((file) => (existsSync(file) ? [[file, readFileSync(file, 'utf8')] as const] : [])),
  );
}

let known: string | undefined;

/** Told by all files that have a part in what is made of chains. */
function fuser(): string {
  known ??= compiler() + hashOfModules(['../fuse', '../abi'].map((part) => join(import.meta.dirname, part)));
  return known;
}
