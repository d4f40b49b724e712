// From a path to a network function: its spec, by running the module, and its code, by reading it.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type FunctionSpec, fileOf } from '@twinpath/vnf/spec';
import { artefactBeside, checked, checkPlan, codeOf, moduleOf, readArtefact } from '../../artefact/artefact.ts';
import { ArtefactError } from '../../artefact/artefact-error.ts';
import { readCache, writeCache } from '../../artefact/cache.ts';
import { contentHash } from '../../artefact/content-hash.ts';
import { ModuleError, runModule } from '../../run/run-module.ts';
import type { FunctionCode, ImportedVnf } from './function-code.ts';
import { moduleFailure } from './module-failure.ts';

export type { FunctionCode, ImportedVnf } from './function-code.ts';

/** What a source was built to: an artefact, or JavaScript beside one. */
const BUILT = /\.[mc]?js(on)?$/;

/** What is read of a function's files before any of it runs. */
export interface ReadFunction extends FunctionCode {
  /** What Node runs. */
  readonly module: string;
  /** Of an artefact: the hash of what its module declares. */
  readonly planHash: string | undefined;
  /** No cache had it. */
  readonly isNew: boolean;
}

/**
 * A function's source; its module as JavaScript, with its artefact beside it; or its artefact.
 * @throws CompileError: the file or one that it imports is missing, is no TypeScript, fails when it runs, or is no function;
 * ArtefactError
 */
export async function importVnf(path: string): Promise<ImportedVnf> {
  const read = await readFunction(path);
  try {
    return complete(read, await runModule(read.module));
  } catch (error) {
    throw error instanceof ModuleError ? moduleFailure(read, error) : error;
  }
}

/** What is in the text alone: nothing of the author's runs. @throws as `importVnf` does */
export async function readFunction(path: string): Promise<ReadFunction> {
  const file = resolve(path);
  if (BUILT.test(file)) {
    const beside = artefactBeside(file);
    const artefact = checked(parsed(beside));
    const planHash = contentHash(artefact.plan);
    return { ...codeOf(artefact, dirname(beside)), module: moduleOf(artefact, beside), planHash, isNew: false };
  }
  const cached = readCache(file);
  return {
    ...(cached ?? (await readSource(file))),
    module: file,
    planHash: undefined,
    isNew: cached === undefined,
  };
}

/** Its files, and what its module declares. @throws ArtefactError: they are of different versions */
export function complete({ module: _, planHash, isNew, ...code }: ReadFunction, spec: FunctionSpec): ImportedVnf {
  if (planHash !== undefined) checkPlan(planHash, spec);
  const imported = { spec, ...code };
  if (isNew) writeCache(imported);
  return imported;
}

/** The same for a function that was imported otherwise, for instance by its own test. @throws CompileError */
export async function readVnf(spec: FunctionSpec): Promise<ImportedVnf> {
  const file = fileOf(spec);
  if (file === undefined) throw new Error(`it is not known which file made the function ${spec.name}`);
  if (/\.[mc]?js$/.test(file)) return readArtefact(parsed(artefactBeside(file)), dirname(file), spec);
  const cached = readCache(file);
  const imported = { spec, ...(cached ?? (await readSource(file))) };
  if (cached === undefined) writeCache(imported);
  return imported;
}

/** Absolute paths of the files that a function consists of, to watch, whatever is wrong with them. */
export async function sourceFiles(path: string): Promise<readonly string[]> {
  const file = resolve(path);
  if (BUILT.test(file)) return [file, artefactBeside(file)];
  const cached = readCache(file);
  if (cached !== undefined) return cached.modules;
  const { filesOf } = await import('./read-code.ts');
  return filesOf(file);
}

/** The parser is loaded only here: it costs more than all else together. */
async function readSource(file: string): Promise<FunctionCode> {
  const { readCode } = await import('./read-code.ts');
  return readCode(file);
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const hint = 'twinpath build makes it from the source; it lies beside the JavaScript module';
    throw new ArtefactError(`cannot read the artefact ${file}: ${why}`, hint);
  }
}
