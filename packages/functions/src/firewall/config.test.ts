import { expect, test } from 'vitest';
import { Config } from './config.ts';

const problems = (config: unknown) =>
  (Config.safeParse(config).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
const ofRule = (rule: object, more: object = {}) => problems({ rules: [{ action: 'allow', ...rule }], ...more });

test.each([
  [
    'networks of two families',
    { from: '10.0.0.0/8', to: 'fd00::/8' },
    'rules.0.to: no packet goes from IPv4 (10.0.0.0/8) to IPv6 (fd00::/8), so that the rule could never match: give from and to networks of one family',
  ],
  [
    'a port without its protocol',
    { port: 80 },
    'rules.0.port: a port needs a protocol that has ports: tcp, udp or sctp',
  ],
  [
    'a port of one protocol among others',
    { sourcePort: 80, protocol: ['tcp', 'icmp'] },
    'rules.0.sourcePort: a port needs a protocol that has ports: tcp, udp or sctp',
  ],
  ['flags of UDP', { flags: 'syn', protocol: 'udp' }, 'rules.0.flags: flags need a protocol that has them: tcp'],
  [
    'a flag that there is not',
    { flags: 'sin', protocol: 'tcp' },
    "rules.0.flags: 'sin' is no TCP flag: write 'syn !ack', of fin syn rst psh ack urg ece cwr",
  ],
  [
    'a flag that is and is not',
    { flags: 'syn !syn', protocol: 'tcp' },
    "rules.0.flags: 'syn !syn' names syn twice: name each flag once",
  ],
  ['a type without its protocol', { icmp: 8 }, 'rules.0.icmp: a type needs its protocol: icmp or icmp6'],
  [
    'a type of the other family',
    { icmp: 'packet-too-big', protocol: 'icmp' },
    "rules.0.icmp: icmp has no type 'packet-too-big': write its number",
  ],
  [
    'a type beyond a byte',
    { icmp: '256', protocol: 'icmp' },
    "rules.0.icmp: '256' is no type of ICMP: write 'echo-request', 8, or '3/4' for type 3 and code 4",
  ],
  ['a set that there is not', { from: '@home' }, 'rules.0.from: there is no set @home: write it below `sets`'],
  ['an empty list', { from: [] }, 'rules.0.from: the list is empty, so that nothing could match; leave it out'],
  [
    'a limit on what is dropped',
    { action: 'drop', limit: '1/s' },
    'rules.0.limit: a limit is how much a rule allows: leave it out, or write action: allow',
  ],
  ['a rate without its time', { limit: '5' }, "rules.0.limit: '5' is no rate: write '100/s', '5/min' or '10/h'"],
  [
    'a limit of what the slow path decides',
    { limit: '1/s', when: {} },
    'rules.0.when: a rule with when is decided by the slow path, which knows no limits: leave limit out',
  ],
])('%s: refused, with what to do', (_, rule, problem) => {
  expect(ofRule(rule)).toEqual([problem]);
});

test('one network of a list that is wrong is named by its place', () => {
  const [problem] = ofRule({ from: ['10.0.0.0/8', '10.0.0.0/33'] });
  expect(problem).toBe(
    "rules.0.from.1: '10.0.0.0/33' is not a prefix: '33' is no number of bits from 0 to 32; write an address and a number of bits, such as '192.0.2.0/24'",
  );
});

test('a rule that only the slow path can decide needs flows', () => {
  expect(ofRule({ when: {} }, { stateful: false })).toEqual([
    'rules.0.when: a rule with when is decided once for each flow: leave stateful: false out',
  ]);
});

test('lists of both families are taken where some pair is of one', () => {
  expect(ofRule({ from: ['10.0.0.0/8', 'fd00::/8'], to: 'fd00::/8' })).toEqual([]);
});

test('too many rules: how many there are, and how many may be', () => {
  const rule = { action: 'drop' };
  expect(problems({ rules: Array(100_001).fill(rule) })).toEqual([
    'rules: there are 100001 rules, and at most 100000 may be: put networks into lists',
  ]);
});

test('too many combinations: how many, and which rule makes most of them', () => {
  const networks = Array.from({ length: 400 }, (_, n) => `10.${n >> 8}.${n & 255}.0/24`);
  const rules = [{ action: 'drop' }, { action: 'drop', from: networks, to: networks }];
  expect(problems({ rules })).toEqual([
    'rules: the lists of the rules make 160001 combinations, and at most 100000 may be: rules[1] alone makes 160000, write shorter lists, ranges or shorter prefixes',
  ]);
});

test('too many limits, and too many kinds of packets', () => {
  const limited = { action: 'allow', limit: '1/s' };
  expect(problems({ rules: Array(1025).fill(limited) })).toEqual([
    'rules: 1025 rules have a limit, and at most 1024 may: leave some limits out',
  ]);
  const vlan = Array.from({ length: 128 }, (_, n) => n);
  expect(problems({ rules: [{ action: 'drop', vlan, protocol: 'tcp', flags: 'syn' }] })).toEqual([
    'rules: the rules tell 2 kinds of TCP flags, 129 of VLANs and 1 of interfaces apart, 258 combinations, and at most 256 may be: use fewer of one of them',
  ]);
});

test('eFW 6: a mode that there is not is refused with its place, and nothing ends', () => {
  expect(problems({ otherwise: 'offloading' })).toEqual([expect.stringMatching(/^otherwise: .*drop.*allow.*offload/)]);
});
