export { ChainWalk, type WalkResult } from '../chains/chain-walk.ts';
export {
  missingForKernel,
  type Seen,
  type Simulation,
  type SimulationExecutor,
  startSimulation,
} from './simulation.ts';
