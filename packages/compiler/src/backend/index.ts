export { type CompiledProgram, type CompileOptions, compileProgram, listingOf } from './compile.ts';
export { CodeGenerationError } from './error.ts';
