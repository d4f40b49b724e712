// Chains: what is wanted, and which places follow from it.
export { ChainSpecError } from './chain-spec-error.ts';
export { checkChain, checkWiring } from './check-chain.ts';
export type { Behind, Direction, Hook, OwnPlace, Placement, Root } from './placement.ts';
export { type ChainParts, type ChainPlan, type PlannedRoot, planChain, type WiredPort } from './plan-chain.ts';
export { MOST_IN_LINE, type PlacedChain, placeChain } from './positions.ts';
export type { FunctionFace, FunctionFaces } from './segment.ts';
export {
  type ChainFunctionSpec,
  type ChainRun,
  type ChainSpec,
  HOST,
  lineChain,
  type OwnFunctionSpec,
  type PortHook,
  type PortMode,
  type PortSpec,
  type SharedFunctionSpec,
  type Specialise,
} from './spec.ts';
export { sharedFirst, startOrder } from './start-order.ts';
