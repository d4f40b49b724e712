import { expect, test } from 'vitest';
import { Config } from './config.ts';
import { classifierRules, decide, ruleId, rulesGone, rulesOver } from './rule-order.ts';

const open = { action: 'allow', port: 80, protocol: 'tcp' };
const timed = { action: 'allow', port: 22, protocol: 'tcp', when: { from: '08:00', until: '18:00' } };
const night = new Date('2026-03-04T23:00:00Z');
const noon = new Date('2026-03-04T12:00:00Z');
const configOf = (...rules: unknown[]) => Config.parse({ rules });

test('a rule is the same wherever it stands, so that its flows end with its time behind a change of the rules', async () => {
  const [before, after] = [configOf(timed, open), configOf(open, open, timed)];
  const flow = { src: '10.0.0.1', dst: '10.0.0.2', sport: 5, dport: 22, protocol: 'tcp' } as const;
  const { rule } = await decide(before, { flow, direction: 'in', at: noon, addressesOf: async () => [] });
  expect(rulesOver(after, night)).toEqual(new Set([rule]));
  expect(rulesOver(after, noon)).toEqual(new Set());
  expect(rulesGone(before, after)).toEqual(new Set());
});

test('what a rule with a time allowed is judged anew when the rule is gone, or has another time', () => {
  const [rule] = configOf(timed).rules;
  const id = rule && ruleId(rule);
  expect(rulesGone(configOf(open, timed), configOf(open))).toEqual(new Set([id]));
  const other = { ...timed, when: { from: '08:00', until: '17:00' } };
  expect(rulesGone(configOf(timed), configOf(other))).toEqual(new Set([id]));
  expect(rulesGone(configOf(open), configOf())).toEqual(new Set());
});

test('both directions of a rule are one rule, and other rules are others', () => {
  const ids = [...classifierRules(configOf(open, timed))].map(({ id }) => id);
  expect(ids).toHaveLength(4);
  expect(ids[0]).toBe(ids[1]);
  expect(new Set(ids).size).toBe(2);
});
