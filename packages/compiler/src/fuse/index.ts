export type { Addition, Way } from './count-ways.ts';
export { type Fused, type FuseOptions, fuseChain, waysMap } from './fuse.ts';
export { fusedMapName, type Part } from './part.ts';
