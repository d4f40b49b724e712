import type { CrossProduct } from './cross-product.ts';
import type { Lanes } from './intervals.ts';
import { EMPTY_LEAF, GUARD_WORD, type Layout, PAGE_WORDS, PRODUCT_WORD } from './layout.ts';

/** What finds the lanes of a key, and its combination: the words from the table's start, with room for the roots, to what the trees
 *  lie behind; as halves. */
export function headTables(layout: Layout, lanes: Lanes, product: CrossProduct | undefined): Uint32Array {
  const head = laneTables(layout, lanes);
  return product === undefined ? head : withProduct(layout, head, product);
}

function laneTables(layout: Layout, lanes: Lanes): Uint32Array {
  const pages = new Pages(layout.pages);
  const uppers = lanes.ranges.map(({ numberOf }) =>
    new Uint32Array(0x100).map(
      (_, upper) => ((pages.positionOf(numberOf, upper) / PAGE_WORDS) << 16) | (numberOf[upper << 8] ?? 0),
    ),
  );
  const halves = new Uint32Array(2 * pages.end);
  halves[1] = EMPTY_LEAF;
  halves.set(lanes.guards, 2 * GUARD_WORD);
  for (const [index, upper] of uppers.entries()) halves.set(upper, 2 * (layout.rangeTables[index] ?? 0));
  for (const [index, { numberOf, bit }] of lanes.exacts.entries()) {
    const at = 2 * (layout.exactTables[index] ?? 0);
    for (let value = 0; value < 0x100; value++) halves[at + value] = (numberOf[value] ?? 0) << bit;
  }
  for (const [page, at] of pages) halves.set(new Uint32Array(page.buffer), 2 * at);
  return halves;
}

/** Trees begin at multiples of so many halves. */
const ALIGNED = 8;

function withProduct(layout: Layout, lanes: Uint32Array, product: CrossProduct): Uint32Array {
  const { ranges, exacts, lines, cells } = product;
  const pages = new Pages(lanes.length / 2);
  const uppers = ranges.map((added) =>
    new Uint32Array(0x100).map((_, upper) => 8 * pages.of(added.slice(upper << 8, (upper + 1) << 8))),
  );
  const halves = new Uint32Array(2 * pages.end + Math.ceil(cells.length / ALIGNED) * ALIGNED);
  halves.set(lanes);
  halves[2 * PRODUCT_WORD] = 8 * pages.end;
  if (lines) halves.set(new Uint32Array(lines.buffer), 2 * layout.lineTable);
  for (const [index, upper] of uppers.entries()) halves.set(upper, 2 * (layout.rangeAdditions[index] ?? 0));
  for (const [index, added] of exacts.entries())
    halves.set(new Uint32Array(added.buffer), 2 * (layout.exactAdditions[index] ?? 0));
  for (const [page, at] of pages) halves.set(new Uint32Array(page.buffer), 2 * at);
  halves.set(cells, 2 * pages.end);
  return halves;
}

type Page = Uint16Array<ArrayBuffer>;
const FLAT: Page = new Uint16Array(0x100);

/** Equal pages are one. */
class Pages {
  readonly #pages = new Map<string, readonly [Page, number]>();
  end: number;

  constructor(first: number) {
    this.end = first;
  }

  /** Of the page with the numbers of all values with that upper half, less that of the first of them. */
  positionOf(numberOf: Page, upper: number): number {
    const [from, end] = [upper << 8, (upper + 1) << 8];
    const first = numberOf[from] ?? 0;
    // Most pages lie within one interval, and numbers ascend.
    const isFlat = numberOf[end - 1] === first;
    return isFlat ? this.#at(FLAT, '0') : this.of(numberOf.slice(from, end).map((number) => number - first));
  }

  of(page: Page): number {
    const [first = 0] = page;
    return this.#at(page, page.every((value) => value === first) ? String(first) : page.join());
  }

  #at(page: Page, name: string): number {
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
