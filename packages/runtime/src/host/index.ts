// What a host holds of chains; stands on no compiler, so that taking down needs nothing else.
export type { OurFilter } from './filters.ts';
export type { OurLink } from './links.ts';
export { pinDirectory, recordFile } from './paths.ts';
export type { ChainRecord } from './record.ts';
export { type RemovedChain, type TakeDownTarget, type TakenDown, takeDown } from './take-down.ts';
