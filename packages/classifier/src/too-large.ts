import { ClassifierError } from './classifier-error.ts';
import type { Layout } from './layout.ts';
import type { TreeTooLarge } from './tree-too-large.ts';

/** Rules that a message names one by one. */
const MOST_NAMED = 5;

/** For people: which rules are in each other's way, and in which fields. */
export function tooLarge({ what, rules, dimensions }: TreeTooLarge, layout: Layout, count: number): ClassifierError {
  const fields = new Set(dimensions.map(({ field }) => field));
  const names = [...fields].map((field) => layout.shape[field]?.name ?? '').join(' and ');
  return new ClassifierError(
    `the trees of ${count} rules take ${what}: ${named(rules)} overlap one another in ${names}`,
    'give these rules a narrower prefix or a single value in one of these fields, or merge or remove some of them',
  );
}

function named(rules: readonly number[]): string {
  const first = rules.slice(0, MOST_NAMED).join(', ');
  const more = rules.length - MOST_NAMED;
  return more > 0 ? `rules ${first} and ${more} others` : `rules ${first}`;
}
