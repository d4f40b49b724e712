import type { Layout } from './layout.ts';
import { Walk } from './lookup.ts';
import { matchingKey } from './matching-key.ts';
import { Random } from './random.ts';
import type { Rule } from './rule.ts';

const SAMPLES = 1024;

/** A step is one load that depends on the one before; a record lies behind the previous one. */
const STEP_COST = 1;
const RECORD_COST = 0.3;

/** Mean cost of lookups for keys spread over the rules; only for comparing tables of the same rules. */
export function expectedCost(layout: Layout, table: Uint8Array<ArrayBuffer>, rules: readonly Rule[]): number {
  const random = new Random(1);
  const walk = new Walk(layout, table);
  for (let sample = 0; sample < SAMPLES; sample++) {
    const rule = rules[Math.floor((sample * rules.length) / SAMPLES)];
    if (rule) walk.lookup(matchingKey(layout.shape, rule, random));
  }
  return walk.tally.steps * STEP_COST + walk.tally.records * RECORD_COST;
}
