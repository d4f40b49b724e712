import type { Entries } from './entries.ts';
import type { Lanes } from './intervals.ts';
import { addressWords, LANE_WORDS, type Layout, recordWords } from './layout.ts';
import type { Family } from './shape.ts';

/** Writes boxes as records, one behind the other. */
export class RecordWriter {
  readonly #entries: Entries;
  readonly #lanes: Lanes;
  readonly #laneCount: number;
  readonly #addressWords: number;
  /** Of a record. */
  readonly words: number;

  constructor(entries: Entries, lanes: Lanes, layout: Layout, family: Family) {
    this.#entries = entries;
    this.#lanes = lanes;
    this.#laneCount = lanes.ranges.length + lanes.exacts.length;
    this.#addressWords = addressWords(layout, family);
    this.words = recordWords(layout, family);
  }

  /** Fills `record`, which has two halves for each word of a record. */
  fill(record: Uint32Array, box: number): void {
    const { dimensions, low, high, rule } = this.#entries;
    record.fill(0);
    const masks = 2 * this.#addressWords;
    const lows = 4 * this.#addressWords;
    const highs = lows + 2;
    const number = rule[box] ?? 0;
    record[lows + 1] = number << 22;
    record[highs] = this.#lanes.guards[0];
    record[highs + 1] = this.#lanes.guards[1] | ((number >>> 10) << 22);
    for (const [d, { word, bit }] of dimensions.entries()) {
      const from = low[d]?.[box] ?? 0;
      const to = high[d]?.[box] ?? 0;
      if (d < this.#laneCount) {
        record[lows + word] = (record[lows + word] ?? 0) | (from << bit);
        record[highs + word] = (record[highs + word] ?? 0) | (to << bit);
      } else {
        record[word - LANE_WORDS] = from;
        record[masks + word - LANE_WORDS] = ~(from ^ to);
      }
    }
  }
}
