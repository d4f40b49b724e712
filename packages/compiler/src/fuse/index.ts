export type { Addition, Way } from './count-ways.ts';
export { type Fused, type FuseOptions, fuseChain, type LeftOut } from './fuse.ts';
export { noteWrites } from './note-writes.ts';
export { fuseNumbers } from './numbers.ts';
export type { Part, RememberedMap } from './part.ts';
