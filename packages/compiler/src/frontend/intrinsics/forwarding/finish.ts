import type { Lowering } from '../../lowering.ts';
import type { Path } from '../../path.ts';
import { Code } from '../code.ts';
import { count } from '../counting.ts';
import { goOn } from '../return-codes.ts';

export type CountedVerdict = 'drop' | 'next' | 'stack' | 'bounce' | 'forward' | 'flood' | 'slowPath';

export const counted = (lowering: Lowering, path: Path, verdict: CountedVerdict): Code =>
  new Code(lowering, count(lowering, path, ['packets', `verdict ${verdict}`]));

/** Counts the verdict and returns what the hook calls it, or goes on with what follows. */
export function finish(lowering: Lowering, path: Path, verdict: CountedVerdict, code: number): void {
  const { next, out } = lowering.target;
  const following = verdict === 'next' ? next : verdict === 'stack' ? out : undefined;
  goOn(counted(lowering, path, verdict), following, code);
}
