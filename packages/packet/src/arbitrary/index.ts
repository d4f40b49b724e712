// Random values, packets and damage for property tests.
import fc from 'fast-check';
import { readIp4 } from '../address/ip4.ts';
import { readIp6 } from '../address/ip6.ts';
import { readMac } from '../address/mac.ts';
import { packetFromText } from '../text/packet-from-text.ts';

const byteList = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

export const ip4s = byteList(4).map((bytes) => readIp4(bytes, 0));
/** With runs of zeros, which the short forms of addresses are about. */
export const ip6s = fc
  .array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 })
  .map((groups) => readIp6(Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255])), 0));
export const macs = byteList(6).map((bytes) => readMac(bytes, 0));
export const u16s = fc.nat(0xffff);
export const u32s = fc.nat(0xffff_ffff);

const hex = (maxLength: number) =>
  fc.uint8Array({ minLength: 1, maxLength }).map((bytes) => `hex ${Buffer.from(bytes).toString('hex')}`);
const payloads = fc.oneof(
  fc.constant([]),
  hex(60).map((text) => [text]),
  fc.constantFrom([`"GET / HTTP/1.1\\r\\n"`], ['zeros 100']),
);
const words = (...parts: fc.Arbitrary<string>[]) => fc.tuple(...parts).map((list) => list.filter(Boolean).join(' '));
const maybe = (word: fc.Arbitrary<string>) => fc.oneof(fc.constant(''), word);
const number = (name: string, max: number) => fc.nat(max).map((value) => `${name} ${value}`);
const ports = fc.tuple(u16s, u16s).map(([sport, dport]) => `${sport} > ${dport}`);
const flags = fc.subarray(['syn', 'ack', 'fin', 'rst', 'psh', 'urg', 'ece', 'cwr']).map((list) => list.join(' '));
const tcpOptions = fc
  .subarray(['mss 1460', 'nop', 'window-scale 7', 'sack-permitted', 'timestamps 1 4294967295'], { minLength: 1 })
  .map((list) => `options ${list.join(' ')}`);

const tcp = words(
  fc.constant('tcp'),
  ports,
  flags,
  maybe(number('sequence', 0xffff_ffff)),
  maybe(number('window', 0xffff)),
  maybe(tcpOptions),
);
const udp = words(fc.constant('udp'), ports, maybe(fc.constant('checksum none')));
const sctp = words(fc.constant('sctp'), ports, maybe(number('tag', 0xffff_ffff)));
const echo = (name: string) =>
  words(
    fc.constantFrom(`${name} echo-request`, `${name} echo-reply`),
    number('id', 0xffff),
    number('sequence', 0xffff),
  );

const vlans = fc.oneof(
  fc.constant<string[]>([]),
  words(number('vlan', 4095), maybe(number('priority', 7)), maybe(fc.constant('dei'))).map((tag) => [tag]),
  fc.tuple(number('vlan', 4095), number('vlan', 4095)),
);
const pair = (addresses: fc.Arbitrary<string>) =>
  fc.tuple(addresses, addresses).map(([src, dst]) => `ip ${src} > ${dst}`);
const header4 = words(
  pair(ip4s),
  maybe(number('hops', 255)),
  maybe(number('class', 255)),
  maybe(number('id', 0xffff)),
  maybe(fc.constant('df')),
  maybe(fc.constantFrom('options nop', 'options router-alert', 'options nop nop end hex 0102')),
);
const header6 = words(
  pair(ip6s),
  maybe(number('hops', 255)),
  maybe(number('class', 255)),
  maybe(number('flow', 0xf_ffff)),
);
const extensions = fc.array(
  fc.oneof(
    fc.constantFrom(
      'ext hop-by-hop',
      'ext destination',
      'ext mobility hex 0102030405060708',
      'ext ah spi 7',
      'ext fragment id 9',
    ),
    ip6s.map((address) => `ext routing left 1 via ${address}`),
    ip6s.map((address) => `ext routing via ${address}`),
  ),
  { maxLength: 6 },
);

const quoted4 = fc
  .tuple(header4, fc.oneof(tcp, udp, echo('icmp')))
  .map(([ip, transport]) => `icmp unreachable code port about (${ip} / ${transport})`);
const quoted6 = fc
  .tuple(header6, fc.oneof(tcp, udp, echo('icmp6')))
  .map(([ip, transport]) => `icmp6 time-exceeded about (${ip} / ${transport})`);
const neighbour = fc
  .tuple(fc.constantFrom('solicitation', 'advertisement'), ip6s, maybe(macs.map((mac) => `mac ${mac}`)))
  .map(([kind, target, mac]) => `icmp6 neighbour-${kind} ${target} ${mac}`.trim());

const packet4 = fc
  .tuple(header4, fc.oneof(tcp, udp, sctp, echo('icmp')), payloads)
  .map(([ip, l4, data]) => [ip, l4, ...data]);
const packet6 = fc
  .tuple(header6, extensions, fc.oneof(tcp, udp, sctp, echo('icmp6')), payloads)
  .map(([ip, ext, l4, data]) => [ip, ...ext, l4, ...data]);
const errors = fc.oneof(fc.tuple(header4, quoted4), fc.tuple(header6, fc.oneof(quoted6, neighbour)));
const arp = fc.oneof(
  fc.tuple(ip4s, ip4s).map(([a, b]) => [`arp who-has ${a} tell ${b}`]),
  fc.tuple(ip4s, macs, ip4s).map(([a, mac, b]) => [`arp ${a} is-at ${mac} tell ${b}`]),
);

/** Texts of right packets that have a transport header. */
export const ipTexts: fc.Arbitrary<string> = fc
  .tuple(vlans, fc.oneof(packet4, packet6))
  .map((layers) => layers.flat().join(' / '));
/** Texts of ICMP errors, neighbour discovery and ARP. */
const otherTexts: fc.Arbitrary<string> = fc
  .tuple(vlans, fc.oneof(errors, arp))
  .map((layers) => layers.flat().join(' / '));
export const texts = fc.oneof(ipTexts, otherTexts);

/** Any bytes, and right packets cut short or with bytes changed. */
export const anyBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 120 }),
  fc
    .tuple(texts, fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 4 }), fc.option(fc.nat(150)))
    .map(([text, changes, cut]) => damaged(packetFromText(text), changes, cut)),
);

function damaged(bytes: Uint8Array, changes: readonly (readonly [number, number])[], cut: number | null): Uint8Array {
  for (const [at, value] of changes) bytes[at] = value;
  return cut === null ? bytes : bytes.slice(0, cut);
}
