import { expect, test } from 'vitest';
import { Config } from './config.ts';
import { BY_NO_RULE, BY_OPTIONS, nameOfDecision } from './decisions.ts';
import { ruleIds } from './rule-id.ts';
import { contentsOf, packetsByRule } from './rulings.ts';

const config = Config.parse({
  rules: [
    { action: 'allow', protocol: ['tcp', 'udp'], port: [53, 80] },
    { name: 'web', action: 'allow', protocol: 'tcp', port: 443, limit: '100/s', burst: 3, log: 1000 },
    { action: 'drop', when: {} },
  ],
});

test('packets of a rule are those of all its entries', () => {
  expect(contentsOf(config).ordered).toHaveLength(4 + 1 + 1);
  expect(packetsByRule(config.rules, (entry) => 10 ** entry)).toEqual([1111, 10_000, 100_000]);
});

test('a rule with a limit has a place, what passes between two packets, and what may come at once', () => {
  const rulings = contentsOf(config).ordered.map(([, ruling]) => ruling);
  expect(rulings[4]).toMatchObject({ action: 'allow', limit: 1, interval: 10_000_000, advance: 20_000_000 });
  expect(rulings[4]?.sample).toBe(Math.floor(2 ** 32 / 1000) - 1);
  expect(rulings[0]).toMatchObject({ action: 'allow', limit: 0, sample: 0 });
  expect(rulings[5]).toMatchObject({ action: 'ask' });
});

test('what decided has a name: a rule by its place, and what people call it', () => {
  const [first = 0, web = 0] = ruleIds(config.rules);
  const names = [first, web, BY_OPTIONS, BY_NO_RULE, 7].map((decision) => nameOfDecision(decision, config));
  expect(names).toEqual(['rules[0]', 'rules[1] web', 'options', 'otherwise', 'a rule that is gone']);
});
