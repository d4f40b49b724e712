import type { Lanes } from './intervals.ts';
import { GUARD_WORD, type Layout, PAGE_WORDS } from './layout.ts';

/** What finds the lanes of a key: the words from the table's start, with room for the roots, to the end of the last page;
 *  as halves. */
export function laneTables(layout: Layout, lanes: Lanes): Uint32Array {
  const pages = new Pages(layout.pages);
  const uppers = lanes.ranges.map(({ numberOf }) =>
    new Uint32Array(0x100).map((_, upper) => {
      const first = numberOf[upper << 8] ?? 0;
      const page = numberOf.slice(upper << 8, (upper + 1) << 8).map((number) => number - first);
      return ((pages.positionOf(page) / PAGE_WORDS) << 16) | first;
    }),
  );
  const halves = new Uint32Array(2 * pages.end);
  halves.set(lanes.guards, 2 * GUARD_WORD);
  for (const [index, upper] of uppers.entries()) halves.set(upper, 2 * (layout.rangeTables[index] ?? 0));
  for (const [index, { numberOf, bit }] of lanes.exacts.entries()) {
    const at = 2 * (layout.exactTables[index] ?? 0);
    for (let value = 0; value < 0x100; value++) halves[at + value] = (numberOf[value] ?? 0) << bit;
  }
  for (const [page, at] of pages) halves.set(new Uint32Array(page.buffer), 2 * at);
  return halves;
}

type Page = Uint16Array<ArrayBuffer>;

/** Equal pages are one. */
class Pages {
  readonly #pages = new Map<string, readonly [Page, number]>();
  end: number;

  constructor(first: number) {
    this.end = first;
  }

  positionOf(page: Page): number {
    // Most pages lie within one interval.
    const name = page[0xff] === 0 ? '' : page.join();
    const known = this.#pages.get(name);
    if (known !== undefined) return known[1];
    const at = this.end;
    this.end += PAGE_WORDS;
    this.#pages.set(name, [page, at]);
    return at;
  }

  [Symbol.iterator](): Iterator<readonly [Page, number]> {
    return this.#pages.values();
  }
}
