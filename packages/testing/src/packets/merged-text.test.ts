import { packetFromText, textOf } from '@twinpath/packet';
import { expect, test } from 'vitest';
import { mergedText } from './merged-text.ts';

const PACKET = textOf(
  packetFromText(
    'eth 02:00:00:00:00:07 > 02:00:00:00:00:08 / vlan 5 / ip 10.0.0.1 > 10.0.0.2 hops 9 id 3 df / tcp 4000 > 80 syn ack sequence 7 / "payload"',
  ),
);

const holds = (said: string) => {
  const merged = mergedText(said, PACKET);
  return merged !== undefined && textOf(packetFromText(merged)) === PACKET;
};

test.each([
  'vlan 5 / ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 80',
  'vlan 5 / ip 10.0.0.1 > 10.0.0.2 hops 9 / tcp 4000 > 80 syn ack',
  'vlan 5 / ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 80 ack syn sequence 7 / "payload"',
  'eth 02:00:00:00:00:07 > 02:00:00:00:00:08 / vlan 5 / ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 80',
])('%s holds of a packet that says more', (said) => {
  expect(holds(said)).toBe(true);
});

test.each([
  'vlan 6 / ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 80',
  'ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 80',
  'vlan 5 / ip 10.0.0.1 > 10.0.0.3 / tcp 4000 > 80',
  'vlan 5 / ip 10.0.0.1 > 10.0.0.2 hops 64 / tcp 4000 > 80',
  'vlan 5 / ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 81',
  'vlan 5 / ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 80 syn',
  'vlan 5 / ip 10.0.0.1 > 10.0.0.2 / udp 4000 > 80',
  'vlan 5 / ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 80 sequence 8',
  'vlan 5 / ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 80 / "other"',
  'vlan 5 / ip 10.0.0.1 > 10.0.0.2',
  'eth 02:00:00:00:00:09 > 02:00:00:00:00:08 / vlan 5 / ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 80',
])('%s does not hold', (said) => {
  expect(holds(said)).toBe(false);
});

test('what a message quotes is compared whole', () => {
  const packet = textOf(
    packetFromText('ip 10.0.0.9 > 10.0.0.1 / icmp unreachable about (ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2)'),
  );
  const said = 'ip 10.0.0.9 > 10.0.0.1 / icmp unreachable code network about (ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2)';
  expect(textOf(packetFromText(mergedText(said, packet) ?? ''))).toBe(packet);
  expect(textOf(packetFromText(mergedText(said.replace('1 > 2', '1 > 3'), packet) ?? ''))).not.toBe(packet);
});
