export { type Fused, type FuseOptions, fuseChain } from './fuse.ts';
export { fusedMapName, type Part } from './part.ts';
