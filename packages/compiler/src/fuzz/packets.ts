// Packets that programs run on: protocols as they look, changed at random places, and cut.

import type { Hook } from '../ir/types.ts';
import type { Random } from './random.ts';

/** Kernels refuse test runs on less than an Ethernet header. */
const SHORTEST = 14;
const LONGEST = 200;
/** IEEE's local experimental number. */
const OTHER_ETHERTYPE = [0x88, 0xb5];

export function makePacket(random: Random, hook: Hook): Uint8Array {
  const packet = anyPacket(random);
  if (hook !== 'xdp' && isCutIp(packet)) packet.set(OTHER_ETHERTYPE, 12);
  return packet;
}

/** Test runs of tc programs refuse IP packets that are shorter than the header, since 6.18. */
function isCutIp(packet: Uint8Array): boolean {
  const type = ((packet[12] ?? 0) << 8) | (packet[13] ?? 0);
  return (type === 0x0800 && packet.length < 34) || (type === 0x86dd && packet.length < 54);
}

function anyPacket(random: Random): Uint8Array {
  const bytes = Uint8Array.from({ length: random.integer(SHORTEST, LONGEST) }, () =>
    random.chance(0.3) ? random.integer(0, 7) : random.integer(0, 255),
  );
  if (random.chance(0.8)) bytes.set(headers(random).slice(0, bytes.length));
  const mutations = random.chance(0.5) ? 0 : random.integer(1, 6);
  for (let made = 0; made < mutations; made++) bytes[random.integer(0, bytes.length - 1)] = random.integer(0, 255);
  return random.chance(0.2) ? bytes.slice(0, random.integer(SHORTEST, Math.min(60, bytes.length))) : bytes;
}

function headers(random: Random): readonly number[] {
  const ethernet = [2, 0, 0, 0, 0, random.integer(1, 4), 2, 0, 0, 0, 0, random.integer(1, 4)];
  const tag = random.chance(0.2) ? [0x81, 0, 0, random.integer(1, 20)] : [];
  const network = random.chance(0.75) ? [0x08, 0x00, ...ipv4(random)] : [0x86, 0xdd, ...ipv6(random)];
  return [...ethernet, ...tag, ...network];
}

function ipv4(random: Random): readonly number[] {
  const words = random.chance(0.8) ? 5 : random.integer(4, 15);
  const protocol = random.pick([6, 17, 1]);
  const options = Array.from({ length: Math.max(0, words - 5) * 4 }, () => random.integer(0, 3));
  const address = () => [10, 0, random.integer(0, 1), random.integer(1, 6)];
  const fixed = [
    0x40 | words,
    0,
    0,
    random.integer(20, 120),
    0,
    1,
    0x40,
    0,
    random.integer(0, 64),
    protocol,
    0x12,
    0x34,
  ];
  return [...fixed, ...address(), ...address(), ...options, ...ports(random)];
}

function ipv6(random: Random): readonly number[] {
  const address = () => [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, random.integer(1, 6)];
  return [
    0x60,
    0,
    0,
    0,
    0,
    random.integer(8, 60),
    random.pick([6, 17, 58]),
    64,
    ...address(),
    ...address(),
    ...ports(random),
  ];
}

function ports(random: Random): readonly number[] {
  return [0x30, random.integer(0, 3), random.pick([0, 1]), random.pick([53, 80, 187])];
}
