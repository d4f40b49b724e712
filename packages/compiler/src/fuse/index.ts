export type { Addition, Way } from './count-ways.ts';
export { type Fused, type FuseOptions, flowCacheMap, fuseChain, type LeftOut, waysMap } from './fuse.ts';
export { noteWrites } from './note-writes.ts';
export { fuseNumbers } from './numbers.ts';
export { fusedMapName, type Part, type RememberedMap } from './part.ts';
export { FLOW_LINE } from './remember-flows.ts';
