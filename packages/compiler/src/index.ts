export { CodeGenerationError, type CompiledProgram, type CompileOptions, compileProgram } from './backend/index.ts';
