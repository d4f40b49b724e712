// From a path to a network function: its spec, by running the module, and its code, by reading it.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type FunctionSpec, fileOf } from '@twinpath/vnf/spec';
import {
  artefactBeside,
  checked,
  checkPlan,
  codeOf,
  isFresh,
  moduleOf,
  readArtefact,
  type Syntax,
} from '../../artefact/artefact.ts';
import { ArtefactError } from '../../artefact/artefact-error.ts';
import { readCache, writeCache } from '../../artefact/cache.ts';
import { CompileError } from '../report/compile-error.ts';
import type { FunctionCode, ImportedVnf } from './function-code.ts';
import { runModule } from './run-module.ts';

export type { FunctionCode, ImportedVnf } from './function-code.ts';

/** What a source was built to: an artefact, or JavaScript beside one. */
const BUILT = /\.[mc]?js(on)?$/;

/**
 * A function's source; its module as JavaScript, with its artefact beside it; or its artefact. `syntax`: what was read of the source
 * before, which saves the parser while the files are as they were.
 * @throws CompileError: the file or one that it imports is missing, is no TypeScript, fails when it runs, or is no function;
 * ArtefactError
 */
export async function importVnf(path: string, syntax?: Syntax): Promise<ImportedVnf> {
  const file = resolve(path);
  if (BUILT.test(file)) return importArtefact(artefactBeside(file));
  const cached = readCache(file);
  const read = cached ?? freshCode(syntax) ?? (await readSource(file));
  const imported = { spec: await runModule(read), ...read };
  if (cached === undefined) writeCache(imported);
  return imported;
}

/** What is in the text alone: nothing of the author's runs. @throws as `importVnf` does */
export async function readFunction(path: string): Promise<FunctionCode> {
  const file = resolve(path);
  if (!BUILT.test(file)) return readCache(file) ?? (await readSource(file));
  const artefact = artefactBeside(file);
  return codeOf(checked(parsed(artefact)), dirname(artefact));
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

/** Absolute paths of the files that a function consists of, to watch. Where they cannot be read: of those known until then. */
export async function sourceFiles(path: string): Promise<readonly string[]> {
  const file = resolve(path);
  if (BUILT.test(file)) return [file, artefactBeside(file)];
  try {
    return (readCache(file) ?? (await readSource(file))).modules;
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    return [file, ...error.diagnostics.map((diagnostic) => diagnostic.file)];
  }
}

function freshCode(syntax: Syntax | undefined): FunctionCode | undefined {
  if (syntax === undefined) return undefined;
  const code = codeOf(syntax);
  try {
    return isFresh(code) ? code : undefined;
  } catch (error) {
    // A file of the function is gone: whoever reads the source says so.
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    return undefined;
  }
}

/** The parser is loaded only here: it costs more than all else together. */
async function readSource(file: string): Promise<FunctionCode> {
  const { readCode } = await import('./read-code.ts');
  return readCode(file);
}

async function importArtefact(file: string): Promise<ImportedVnf> {
  const artefact = checked(parsed(file));
  const code = codeOf(artefact, dirname(file));
  const spec = await runModule(code, moduleOf(artefact, file));
  checkPlan(artefact, spec);
  return { spec, ...code };
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
