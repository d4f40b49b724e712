// Programs that were compiled before, by what they were compiled from: the IR, the sources that the line information quotes, and the
// compiler itself. In memory, and for later processes in files.

import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deserialize, serialize } from 'node:v8';
import { type CompiledProgram, type CompileOptions, compileProgram, listingOf } from '../backend/index.ts';
import type { Program } from '../ir/types.ts';
import { entryNamed, hashOfModules, readEntry, warn, writeEntry } from './cache-files.ts';

/** Smaller programs take less time than their entries. */
const LEAST_INSTRUCTIONS = 500;
const MOST_IN_MEMORY = 64;
const DIGEST_BYTES = 32;

type Stored = Omit<CompiledProgram, 'listing'>;

const inMemory = new Map<string, CompiledProgram>();

/** As compileProgram, but only once of the same program. @throws CodeGenerationError */
export function compileOnce(program: Program, options: CompileOptions): CompiledProgram {
  const size = program.blocks.reduce((sum, { instructions }) => sum + instructions.length, 0);
  if (size < LEAST_INSTRUCTIONS) return compileProgram(program, options);
  const key = digest(serialize([compiler(), program, options])).toString('hex');
  const known = inMemory.get(key) ?? stored(key);
  const compiled = known ?? compileProgram(program, options);
  remember(key, compiled);
  if (known === undefined) store(key, compiled);
  return compiled;
}

/** The one that was asked for last stays longest. */
function remember(key: string, compiled: CompiledProgram): void {
  inMemory.delete(key);
  inMemory.set(key, compiled);
  const [oldest] = inMemory.keys();
  if (inMemory.size > MOST_IN_MEMORY && oldest !== undefined) inMemory.delete(oldest);
}

const entryOf = (key: string): string => entryNamed(`${key}.program`);

function store(key: string, { spec, locations, statistics }: CompiledProgram): void {
  writeEntry(entryOf(key), () => {
    const content = serialize({ spec, locations, statistics } satisfies Stored);
    return Buffer.concat([digest(content), content]);
  });
}

function stored(key: string): CompiledProgram | undefined {
  const file = entryOf(key);
  const entry = readEntry(file);
  if (entry === undefined) return undefined;
  const content = entry.subarray(DIGEST_BYTES);
  if (!digest(content).equals(entry.subarray(0, DIGEST_BYTES))) {
    warn(`${file} is damaged and was not used`, 'its digest is another');
    return undefined;
  }
  // What has this digest was written by this version of this module.
  const made: Stored = deserialize(content);
  return { ...made, listing: () => listingOf(made.spec) };
}

const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

let known: string | undefined;

/** Told by all files that have a part in the code. */
function compiler(): string {
  const own = ['../optimise', '../optimise/simplify', '../backend', '../ir', '.'];
  const assembler = ['@twinpath/ebpf/asm', '@twinpath/ebpf/btf'].map((name) =>
    dirname(fileURLToPath(import.meta.resolve(name))),
  );
  known ??= hashOfModules([...own.map((part) => join(import.meta.dirname, part)), ...assembler]) + process.versions.v8;
  return known;
}
