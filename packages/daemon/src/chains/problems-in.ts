import { problemsOf } from '@twinpath/runtime/config';
import type { z } from 'zod';
import type { FaultAt } from '../control/refusal.ts';
import { faultOf } from '../functions/refusal-of.ts';

/** What a schema found in what was given. */
export function problemsIn(
  schema: z.ZodType,
  issues: Parameters<typeof problemsOf>[1],
  given: unknown,
): readonly FaultAt[] {
  return problemsOf(schema, issues, given).map(faultOf);
}
