import type { FunctionSpec } from '@twinpath/vnf/spec';
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

/** Whether it imports `spread`: what a program does depends on where it is, and all of a function share their maps. */
export const spreads = ({ code: { graph } }: FunctionCode): boolean => graph.imports('spread');

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
