// Chains: what is wanted, and which places follow from it.
export type { Behind, Direction, Hook, Placement, Root } from './placement.ts';
export {
  type ChainFunctionSpec,
  type ChainSpec,
  HOST,
  lineChain,
  type OwnFunctionSpec,
  type PortHook,
  type PortMode,
  type PortSpec,
  type SharedFunctionSpec,
} from './spec.ts';
