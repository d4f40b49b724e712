import type { ReasonPlan } from './function-plan.ts';
import type { TablePlan } from './table-plan.ts';

const EVERY_FUNCTION = [
  'packets',
  'verdict drop',
  'verdict next',
  'verdict stack',
  'verdict bounce',
  'verdict forward',
  'verdict flood',
  'verdict slowPath',
];

/** The sum of what `decidedBy` was told, plus one each: by how much it rises says what decided about a packet. */
export const DECIDED_BY = 'decided by';

/** Slots in order: what every function counts; for each reason what went up, what was over its limit, what the full ring lost and
 *  what came while no slow path was there; for each table how often it was full; the author's counters;
 *  what decided. */
export function counterSlots(
  reasons: readonly ReasonPlan[],
  tables: readonly TablePlan[],
  counters: readonly string[],
): readonly string[] {
  return Object.freeze([
    ...EVERY_FUNCTION,
    ...reasons.flatMap(({ name, kind }) => [
      `reason ${name}`,
      `reason ${name} over limit`,
      `reason ${name} lost`,
      ...(kind === 'packetIn' ? [`reason ${name} absent`] : []),
    ]),
    ...tables.map(({ path }) => `table ${path} full`),
    ...counters.map((name) => `count ${name}`),
    DECIDED_BY,
  ]);
}
