// What can be wrong with a chain, without anything that runs one.
export { ChainError, type ChainErrorCode } from '../chain/chain-error.ts';
