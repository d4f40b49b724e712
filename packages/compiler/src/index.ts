export {
  type Artefact,
  ArtefactError,
  type ArtefactPlace,
  type FusedCode,
  type FuseOnceOptions,
  fuseOnce,
  readArtefact,
  readSyntax,
  type SerialisedIr,
  type SerialisedPart,
  type Syntax,
  serialiseIr,
  writeArtefact,
  writeSyntax,
} from './artefact/index.ts';
export { CodeGenerationError, type CompiledProgram, type CompileOptions, compileProgram } from './backend/index.ts';
export {
  type CompiledFunction,
  type CompileFunctionOptions,
  compileFunction,
  type FunctionProgram,
  type LoweredFunction,
  type LoweredProgram,
  lowerPrograms,
  type ProgramChoice,
} from './compile.ts';
export type { ContextValues } from './evaluate/context.ts';
export { createEnvironment, type Environment } from './evaluate/environment.ts';
export { evaluate, type Outcome, type TraceStep } from './evaluate/evaluate.ts';
export { EvaluationError, type Place } from './evaluate/fault.ts';
export type { Input, Redirect } from './evaluate/machine.ts';
export { type MapErrorCode, type MapStore, MapStoreError, type UpdateMode } from './evaluate/map-store.ts';
export { EvaluatorMaps, type EvaluatorMapsOptions } from './evaluate/maps/evaluator-maps.ts';
export { DIAGNOSTICS, type DiagnosticCode } from './frontend/diagnostics.ts';
export type { Target } from './frontend/lowering.ts';
export { mapNeeds, sends } from './frontend/modules/function-code.ts';
export {
  complete,
  type FunctionCode,
  type ImportedVnf,
  importVnf,
  type ReadFunction,
  readFunction,
  readVnf,
  sourceFiles,
} from './frontend/modules/import-vnf.ts';
export { moduleFailure } from './frontend/modules/module-failure.ts';
export type { Direction } from './frontend/modules/vnf-call.ts';
export { CompileError } from './frontend/report/compile-error.ts';
export { type Diagnostic, diagnosticText, refusedHook } from './frontend/report/diagnostic-text.ts';
export {
  type Addition,
  type Fused,
  type FuseOptions,
  fuseChain,
  type LeftOut,
  type Part,
  type RememberedMap,
  type Way,
} from './fuse/index.ts';
export { type PrintOptions, printProgram } from './ir/print.ts';
export type { Numbers, Program } from './ir/types.ts';
export { InvalidProgramError, validate } from './ir/validate.ts';
export { placeChoice } from './place-choice.ts';
export { type MapOptions, planMaps } from './plan-maps.ts';
export { ModuleError } from './run/index.ts';
export { type Rejection, verifierRejection } from './verifier-rejection.ts';
