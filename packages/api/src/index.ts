export { ChainFile } from './chain-file.ts';
export { type ChainFileContext, ChainFileError, type FileChain, readChainFile } from './read-chain-file.ts';
