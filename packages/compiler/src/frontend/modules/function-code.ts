import type { FunctionSpec } from '@twinpath/vnf/spec';
import type { MapOptions } from '../../plan-maps.ts';
import type { ModuleNode } from '../syntax/module.ts';
import { Constants } from './constants.ts';
import type { ModuleGraph } from './graph.ts';
import { readVnfCall, type VnfCall } from './vnf-call.ts';

/** What the compiler reads of a network function. */
export interface FunctionCode {
  /** Absolute path of its source. */
  readonly file: string;
  /** All files of the author's that belong to it, this one first: what to watch. */
  readonly modules: readonly string[];
  /** The code, for the front end. */
  readonly code: { readonly graph: ModuleGraph; readonly constants: Constants; readonly call: VnfCall };
}

export interface ImportedVnf extends FunctionCode {
  readonly spec: FunctionSpec;
}

/** What it needs maps for, by its text: what a program does depends on where it is, and all of a function share their maps. */
export const mapNeeds = ({ code: { graph } }: FunctionCode): Pick<MapOptions, 'isSpreading' | 'isRouting'> => ({
  isSpreading: graph.imports('spread'),
  isRouting: graph.imports('route') || graph.files.some((file) => /\bnextHop\b/.test(graph.module(file).text)),
});

/** Where it may send packets to that it does not name. */
export const sends = ({ code: { graph } }: FunctionCode): { readonly floods: boolean; readonly routes: boolean } => ({
  floods: graph.imports('flood'),
  routes: graph.imports('route'),
});

/** @throws CompileError: the module's default export is no function. */
export function functionCode(graph: ModuleGraph, module: ModuleNode): FunctionCode {
  const call = readVnfCall(graph, module);
  return { file: module.file, modules: graph.files, code: { graph, constants: new Constants(graph), call } };
}
