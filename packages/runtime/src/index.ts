export { Ageing } from './ageing.ts';
export { askHost, type HostAnswer, type HostAsked } from './chain/ask-host.ts';
export { ChainError, type ChainErrorCode } from './chain/chain-error.ts';
export type * from './chain/measures.ts';
export type { ReplaceOptions, RunningChain, RunningFunction, RunningPort } from './chain/running.ts';
export { type StartOptions, startChain } from './chain/start-chain.ts';
export { type RestoredChains, restoreChains, startChains } from './chain/start-chains.ts';
export type * from './chain/statistics.ts';
export * from './config/index.ts';
export { EngineMaps } from './engine/engine-maps.ts';
export type { FunctionStep } from './engine/function-step.ts';
export { type EngineStartOptions, type LiveEngineChain, startEngineChain } from './engine/start-engine-chain.ts';
export {
  type SentFrame,
  type SimulatedChain,
  type SimulatedOptions,
  startSimulatedChain,
} from './engine/start-simulated-chain.ts';
export { WayCounts } from './fuse/way-counts.ts';
export * from './host/index.ts';
export { LayoutChangedError } from './instance/layout-changed-error.ts';
export { KernelMaps } from './kernel/kernel-maps.ts';
export { EventDecoder, type PacketEvent } from './slow-path/event.ts';
export { LimitedLog } from './slow-path/limited-log.ts';
export { countersObject, counterValues } from './tables/counter-values.ts';
export { InMemoryMaps } from './tables/in-memory-maps.ts';
export type { InstanceMaps } from './tables/instance-maps.ts';
export type { LiveTableSet } from './tables/live-tables.ts';
export { runningTables } from './tables/running-tables.ts';
