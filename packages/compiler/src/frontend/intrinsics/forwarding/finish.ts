import type { Lowering } from '../../lowering.ts';
import type { Path } from '../../path.ts';
import { Code } from '../code.ts';
import { count } from '../counting.ts';
import { goOn, returnCode } from '../return-codes.ts';

export type CountedVerdict = 'drop' | 'next' | 'stack' | 'bounce' | 'forward' | 'flood' | 'slowPath';

export const counted = (lowering: Lowering, path: Path, verdict: CountedVerdict): Code =>
  new Code(lowering, count(lowering, path, ['packets', `verdict ${verdict}`]));

/** Counts the verdict and returns what the hook calls it, or goes on with the next function. */
export function finish(lowering: Lowering, path: Path, verdict: CountedVerdict, code: number): void {
  const end = counted(lowering, path, verdict);
  if (verdict === 'next') goOn(end);
  else returnCode(end, code);
}
