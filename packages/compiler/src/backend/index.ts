export { type CompiledProgram, type CompileOptions, compileProgram, listingOf, relocate } from './compile.ts';
export { CodeGenerationError } from './error.ts';
