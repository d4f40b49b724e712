import type { Rule } from './rule.ts';

/** What flows are marked with, below 2³¹: the rule itself (FNV-1a of its text), not its place, which changes with the
 *  configuration. Equal rules have one number; of two that happen to meet, the later one has the next that is free. */
export function ruleIds(rules: readonly Rule[]): readonly number[] {
  const known = idsOf.get(rules);
  if (known !== undefined) return known;
  const texts = new Map<number, string>();
  const ids = rules.map((rule) => {
    const text = JSON.stringify(rule);
    let id = hashOf(text);
    while (texts.has(id) && texts.get(id) !== text) id = (id + 1) & 0x7fff_ffff;
    texts.set(id, text);
    return id;
  });
  idsOf.set(rules, ids);
  return ids;
}

const idsOf = new WeakMap<readonly Rule[], readonly number[]>();

function hashOf(text: string): number {
  let hash = 0x811c_9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x0100_0193);
  return hash >>> 1;
}

/** `rules[3]`, and what people call it. */
export const ruleName = ({ name }: Rule, index: number): string =>
  name === undefined ? `rules[${index}]` : `rules[${index}] ${name}`;
