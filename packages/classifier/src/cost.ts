import type { Layout } from './layout.ts';
import { Walk } from './lookup.ts';
import { matchingKey } from './matching-key.ts';
import { Random } from './random.ts';
import type { Rule } from './rule.ts';

/** At most; of each rule of a short list, several. */
const SAMPLES = 1024;
const SAMPLES_A_RULE = 16;

/** A record lies behind the previous one; a step is a load that waits for the one before, and dearer in a large table. */
const RECORD_COST = 0.3;
const CACHED_BYTES = 256 * 1024;
const stepCost = (tableBytes: number) => 1 + 0.25 * Math.max(0, Math.log2(tableBytes / CACHED_BYTES));

/** Cost of lookups for keys spread over the rules; only for comparing tables of the same rules. */
export function expectedCost(layout: Layout, table: Uint8Array<ArrayBuffer>, rules: readonly Rule[]): number {
  const random = new Random(1);
  const walk = new Walk(layout, table);
  const samples = Math.min(SAMPLES, SAMPLES_A_RULE * rules.length);
  for (let sample = 0; sample < samples; sample++) {
    const rule = rules[Math.floor((sample * rules.length) / samples)];
    if (rule) walk.lookup(matchingKey(layout.shape, rule, random));
  }
  return walk.tally.steps * stepCost(table.length) + walk.tally.records * RECORD_COST;
}
