export { type CompiledProgram, type CompileOptions, compileProgram } from './compile.ts';
export { CodeGenerationError } from './error.ts';
