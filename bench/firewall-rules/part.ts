import { BpfProgram } from '@twinpath/ebpf';
import type { RunningChain } from '@twinpath/runtime';
import type { Result } from '../result.ts';

/** What a part of the scenario found. */
export type Part = Pick<Result, 'contenders' | 'ratios' | 'correct'>;

/** The program that XDP of a chain of one function begins with. */
export async function programOf(chain: RunningChain): Promise<BpfProgram> {
  const programs = (await chain.statistics()).functions.flatMap((one) => one.programs);
  const entering = programs.find(({ hook, name }) => hook === 'xdp' && !name.endsWith('retry'));
  if (entering === undefined) throw new Error('the chain has no XDP program');
  return BpfProgram.fromId(entering.id);
}
