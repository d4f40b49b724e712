import { packetFromText } from '@twinpath/packet';
import { CopiedFrame } from '@twinpath/vnf/spec';
import { expect, test } from 'vitest';
import { classesOf } from './classes.ts';
import { Config } from './config.ts';
import { entriesOf } from './entries.ts';
import { ruleIds } from './rule-id.ts';
import { decide, rulesGone, rulesOver } from './rule-order.ts';

const open = { action: 'allow', port: 80, protocol: 'tcp' };
const timed = { action: 'allow', port: 22, protocol: 'tcp', when: { from: '08:00', until: '18:00' } };
const night = new Date('2026-03-04T23:00:00Z');
const noon = new Date('2026-03-04T12:00:00Z');
const configOf = (...rules: unknown[]) => Config.parse({ rules });

function question(text: Parameters<typeof packetFromText>[0]) {
  const packet = new CopiedFrame(packetFromText(text), { port: 'eth1', now: 0 });
  const flow = packet.ip()?.flow();
  if (flow === undefined) throw new Error(`${text} shows no flow`);
  return { packet, flow, direction: 'in', at: noon, addressesOf: async () => [] } as const;
}

test('a rule is the same wherever it stands, so that its flows end with its time behind a change of the rules', async () => {
  const [before, after] = [configOf(timed, open), configOf(open, open, timed)];
  const { rule } = await decide(before, question('ip 10.0.0.1 > 10.0.0.2 / tcp 5 > 22'));
  expect(rulesOver(after, night)).toEqual(new Set([rule]));
  expect(rulesOver(after, noon)).toEqual(new Set());
  expect(rulesGone(before, after)).toEqual(new Set());
});

test('what a rule with a time allowed is judged anew when the rule is gone, or has another time', () => {
  const before = configOf(open, timed);
  const [, id] = ruleIds(before.rules);
  expect(rulesGone(before, configOf(open))).toEqual(new Set([id]));
  const other = { ...timed, when: { from: '08:00', until: '17:00' } };
  expect(rulesGone(before, configOf(open, other))).toEqual(new Set([id]));
  expect(rulesGone(configOf(open), configOf())).toEqual(new Set());
});

test('equal rules have one number, a hundred thousand others have one each', () => {
  const { rules } = configOf(open, timed, open);
  const ids = ruleIds(rules);
  expect(ids[0]).toBe(ids[2]);
  expect(new Set(ids).size).toBe(2);
  const [rule] = rules;
  const many = Array.from({ length: 100_000 }, (_, number) => ({
    ...rule,
    action: 'allow' as const,
    burst: number + 1,
  }));
  expect(new Set(ruleIds(many)).size).toBe(100_000);
});

test.each([
  ['flags', { protocol: 'tcp', flags: 'syn !ack' }, 'tcp 5 > 22 syn', 'tcp 5 > 22 syn ack'],
  ['ports of the sender', { protocol: 'udp', sourcePort: [53, '100-200'] }, 'udp 150 > 9', 'udp 54 > 9'],
  [
    'types of ICMP',
    { protocol: 'icmp', icmp: 'unreachable/1' },
    'icmp unreachable code host',
    'icmp unreachable code network',
  ],
  ['a range of types of ICMP', { protocol: 'icmp', icmp: '2-4' }, 'icmp unreachable code host', 'icmp time-exceeded'],
  ['interfaces', { interface: 'eth1' }, 'udp 1 > 2', undefined],
  ['other interfaces', { interface: 'eth2' }, undefined, 'udp 1 > 2'],
  ['frames without a tag', { vlan: ['none', 6] }, 'udp 1 > 2', undefined],
  ['networks of a list', { to: ['192.0.2.0/24', '10.0.0.2/32'] }, 'udp 1 > 2', undefined],
])('the slow path reads %s of a rule as the fast path does', async (_, match, matching, other) => {
  const config = configOf({ action: 'allow', when: {}, ...match });
  for (const [text, action] of [
    [matching, 'allow'],
    [other, 'drop'],
  ] as const) {
    if (text === undefined) continue;
    expect(await decide(config, question(`ip 10.0.0.1 > 10.0.0.2 / ${text}`))).toMatchObject({ action });
  }
});

test('lists are multiplied, without pairs of two families, and a rule of both directions is one entry', () => {
  const { rules } = configOf({
    action: 'drop',
    from: ['10.0.0.0/8', 'fd00::/8'],
    to: ['192.0.2.0/24', '2001:db8::/32', '198.51.100.0/24'],
    protocol: ['tcp', 'udp'],
    port: [80, '8000-8999'],
  });
  const classes = classesOf(rules);
  const entries = rules.flatMap((rule) => [...entriesOf(rule, classes)]);
  expect(entries).toHaveLength(3 * 2 * 2);
  expect(entries[0]).toEqual({
    direction: undefined,
    src: '10.0.0.0/8',
    dst: '192.0.2.0/24',
    protocol: 'tcp',
    sport: undefined,
    dport: 80,
    class: undefined,
  });
});
