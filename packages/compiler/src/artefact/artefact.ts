// A network function as JSON: what the compiler needs of its source, for hosts that have no TypeScript. It holds the author's
// syntax, not IR: lowering folds the configuration in, and here it is still open.

import { dirname, relative, resolve } from 'node:path';
import { planFunction } from '@twinpath/vnf/plan';
import { type FunctionSpec, isFunctionSpec } from '@twinpath/vnf/spec';
import { type FunctionCode, functionCode, type ImportedVnf } from '../frontend/modules/function-code.ts';
import { ModuleGraph, textOf } from '../frontend/modules/graph.ts';
import { newKey } from '../frontend/syntax/declaration.ts';
import type { ModuleNode } from '../frontend/syntax/module.ts';
import { ArtefactError } from './artefact-error.ts';
import { contentHash } from './content-hash.ts';
import { decode, encode, type Json, type Replace } from './encode.ts';

/** Another number for each change after which older readers would go wrong. */
const VERSION = 1;
const FORMAT = 'twinpath function';

export interface Artefact {
  readonly format: typeof FORMAT;
  readonly version: typeof VERSION;
  /** SHA-256, as hex, over all other members as canonical JSON. */
  readonly hash: string;
  /** The module that runs on Node: its default export has the configuration's schema and the slow path. From the artefact's
   *  folder, as are all paths here. */
  readonly module: string;
  /** The declaration without what only the module has: the configuration's schema and code. */
  readonly spec: Json;
  /** What follows from the declaration: tables with their layouts and maps, reasons, counters. For readers; it is checked
   *  against the module. */
  readonly plan: Json;
  /** Syntax of the function's files, that of its default export first: frontend/syntax as encode.ts writes it. */
  readonly modules: Json;
  /** What several places in `modules` share. */
  readonly shared: readonly Json[];
}

/** What was read of a function's files, as plain data: for a thread that is to have no parser. */
export type Syntax = Pick<Artefact, 'modules' | 'shared'>;

export interface ArtefactPlace {
  /** Where the artefact lies, or will lie. */
  readonly folder: string;
  /** The module that runs on Node. Default: the function's source. */
  readonly module?: string;
}

/** The same function gives the same artefact, on any machine. */
export function writeArtefact({ spec, file, code }: ImportedVnf, place: ArtefactPlace): Artefact {
  const { folder, module = file } = place;
  const content = {
    format: FORMAT,
    version: VERSION,
    module: relative(folder, module),
    spec: plain(dataOf(spec)),
    plan: plain(planFunction(spec)),
    ...writeSyntax({ code }, folder),
  } as const;
  return { ...content, hash: contentHash(content) };
}

/** Paths in it are from `folder`. */
export function writeSyntax({ code }: Pick<FunctionCode, 'code'>, folder = '/'): Syntax {
  const modules = code.graph.files.map((name) => code.graph.module(name));
  const { root, shared } = encode(modules, (object) => withoutKey(withFile(object, (name) => relative(folder, name))));
  return { modules: root, shared };
}

/**
 * What `compileFunction` takes. `spec`: of the artefact's module; without it the function has neither configuration nor slow
 * path.
 * @throws ArtefactError: the JSON is no artefact, is damaged, or does not belong to the spec
 */
export function readArtefact(json: unknown, folder: string, spec?: FunctionSpec): ImportedVnf {
  const artefact = checked(json);
  const code = codeOf(artefact, folder);
  if (spec === undefined) return { spec: declared(artefact), ...code };
  checkPlan(contentHash(artefact.plan), spec);
  return { spec, ...code };
}

/** @throws ArtefactError: the spec is another one's */
export function checkPlan(planHash: string, spec: FunctionSpec): void {
  if (contentHash(plain(planFunction(spec))) === planHash) return;
  throw new ArtefactError(
    `the artefact of ${spec.name} was built from another version of its module`,
    'build both from the same source',
  );
}

/** @throws ArtefactError */
export function checked(json: unknown): Artefact {
  const hint = 'build it again with twinpath build';
  if (!isArtefact(json)) throw new ArtefactError('this JSON is no artefact of a network function', hint);
  if (json.version !== VERSION) {
    throw new ArtefactError(`the artefact has version ${json.version}; known is ${VERSION}`, hint);
  }
  const { hash, ...content } = json;
  if (contentHash({ ...content }) !== hash) throw new ArtefactError('the artefact is damaged: its hash is wrong', hint);
  return json;
}

function isArtefact(json: unknown): json is Artefact {
  return typeof json === 'object' && json !== null && 'format' in json && json.format === FORMAT;
}

/** The code alone. @throws CompileError */
export function codeOf({ modules, shared }: Syntax, folder = '/'): FunctionCode {
  const replace: Replace = (object) => withKey(withFile(object, (name) => resolve(folder, name)));
  // The hash says that it is what writeArtefact wrote.
  const read = decode({ root: modules, shared }, replace) as readonly ModuleNode[];
  const [first] = read;
  if (first === undefined) throw new ArtefactError('the artefact has no module', 'build it again');
  const graph = new ModuleGraph((file) => {
    throw new ArtefactError(`the artefact lacks ${file}`, 'build it again');
  }, read);
  return functionCode(graph, first);
}

/** Whether the function's files are still as they were. */
export function isFresh({ code }: FunctionCode): boolean {
  return code.graph.files.every((file) => textOf(file) === code.graph.module(file).text);
}

const plain = (value: unknown): Json => {
  const { root } = encode(JSON.parse(JSON.stringify(value, bigintsAsText)), (object) => object);
  return root;
};
const bigintsAsText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

function dataOf({ config: _config, operations: _operations, ...spec }: FunctionSpec): object {
  return spec;
}

function declared({ spec }: Artefact): FunctionSpec {
  const read: unknown = { ...Object(spec), config: undefined, operations: {} };
  if (!isFunctionSpec(read)) throw new ArtefactError('the artefact declares no function', 'build it again');
  return read;
}

function withFile(object: Readonly<Record<string, unknown>>, place: (file: string) => string) {
  return typeof object.file === 'string' ? { ...object, file: place(object.file) } : object;
}

/** Declarations get keys anew where they are read, so that none is in one process twice. */
const isDeclaration = (object: Readonly<Record<string, unknown>>): boolean => 'lastUse' in object;
function withoutKey(object: Readonly<Record<string, unknown>>) {
  return isDeclaration(object) ? { ...object, key: undefined } : object;
}
function withKey(object: Readonly<Record<string, unknown>>) {
  return isDeclaration(object) ? { ...object, key: newKey(String(object.name)) } : object;
}

/** The artefact's file of a module that ships as JavaScript: `firewall.vnf.json` beside `firewall.vnf.js`. */
export const artefactBeside = (module: string): string => module.replace(/\.[mc]?js$/, '.json');

/** The module that a read artefact names. */
export const moduleOf = (artefact: Artefact, file: string): string => resolve(dirname(file), artefact.module);
