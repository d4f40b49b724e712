// What running a function takes that the compiler has made: its module, its maps, and what of a configuration is in its programs.
// None of it loads the compiler.
export { ArtefactError } from '../artefact/artefact-error.ts';
export { type MapErrorCode, type MapStore, MapStoreError, type UpdateMode } from '../evaluate/map-store.ts';
export { EvaluatorMaps, type EvaluatorMapsOptions } from '../evaluate/maps/evaluator-maps.ts';
export { CompileError } from '../frontend/report/compile-error.ts';
export { refusedHook } from '../frontend/report/diagnostic-text.ts';

export { type MapOptions, planMaps } from '../plan-maps.ts';
export { type ConfigRead, ConfigReads } from './config-reads.ts';
export { ModuleError, runModule } from './run-module.ts';
