import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyBytes } from '../arbitrary/index.ts';
import { verifyChecksums } from '../checksum/verify.ts';
import { packetFromText } from '../text/packet-from-text.ts';
import { textOf } from '../text/text-of.ts';
import { packetView } from '../view/packet-view.ts';
import { type IcmpErrorKind, icmpError } from './icmp-error.ts';

const about = (text: string) => packetView(packetFromText(text), { port: 'a', now: 0 });
const errorAbout = (text: string, from: string, error: IcmpErrorKind = 'no-route') => {
  const answer = icmpError(about(text), from, error);
  return answer && textOf(answer);
};

describe('an ICMP error', () => {
  it('goes back to the sender by the same link, and quotes', () => {
    expect(
      errorAbout(
        'vlan 5 / vlan 6 priority 1 / ip 10.0.0.1 > 192.0.2.1 hops 1 / udp 5 > 6 / "hello"',
        '10.0.0.254',
        'time-exceeded',
      ),
    ).toBe(
      'eth 02:00:00:00:00:02 > 02:00:00:00:00:01 / vlan 5 / vlan 6 priority 1 / ip 10.0.0.254 > 10.0.0.1 class 192' +
        ' / icmp time-exceeded about (ip 10.0.0.1 > 192.0.2.1 hops 1 / udp 5 > 6 / "hello")',
    );
    expect(errorAbout('ip fd00::1 > fd00::2 / tcp 5 > 6 syn', 'fd00::254', { mtu: 1280 })).toBe(
      'eth 02:00:00:00:00:02 > 02:00:00:00:00:01 / ip fd00::254 > fd00::1' +
        ' / icmp6 packet-too-big mtu 1280 about (ip fd00::1 > fd00::2 / tcp 5 > 6 syn)',
    );
  });

  it.each([
    ['no-route', 'unreachable', 0, 0],
    ['host-unreachable', 'unreachable', 1, 3],
    ['port-unreachable', 'unreachable', 3, 4],
    ['prohibited', 'unreachable', 13, 1],
    ['time-exceeded', 'time-exceeded', 0, 0],
  ] as const)('%s is %s, code %i of ICMP and %i of ICMPv6', (kind, type, code4, code6) => {
    const made = (text: string, from: string) => {
      const answer = icmpError(about(text), from, kind);
      const icmp = answer && packetView(answer, { port: 'a', now: 0 }).ip()?.icmp();
      return [icmp?.type, icmp?.code];
    };
    expect(made('ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2', '10.0.0.9')).toEqual([type, code4]);
    expect(made('ip fd00::1 > fd00::2 / udp 1 > 2', 'fd00::9')).toEqual([type, code6]);
  });

  it('tells the MTU of an IPv4 link', () => {
    const answer = icmpError(about('ip 10.0.0.1 > 10.0.0.2 df / udp 1 > 2'), '10.0.0.9', { mtu: 1400 });
    expect(answer && textOf(answer)).toContain('icmp unreachable code too-big rest 1400 about');
  });

  it('is as long as the RFCs allow, and no longer', () => {
    const length = (text: string, from: string) => icmpError(about(text), from, 'no-route')?.length;
    expect(length('ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2 / zeros 1000', '10.0.0.9')).toBe(14 + 576);
    expect(length('ip fd00::1 > fd00::2 / udp 1 > 2 / zeros 1400', 'fd00::9')).toBe(14 + 1280);
    expect(length('ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2', '10.0.0.9')).toBe(14 + 28 + 28); // no padding is quoted
  });

  it.each([
    ['ip 10.0.0.1 > 10.0.0.2 / icmp unreachable / zeros 28', '10.0.0.9'],
    ['ip 10.0.0.1 > 10.0.0.2 / icmp redirect / zeros 28', '10.0.0.9'],
    ['ip 10.0.0.1 > 10.0.0.2 / icmp 200 / zeros 28', '10.0.0.9'],
    ['ip 10.0.0.1 > 10.0.0.2 fragment offset 1 protocol udp / zeros 28', '10.0.0.9'],
    ['ip 10.0.0.1 > 224.0.0.5 / udp 1 > 2', '10.0.0.9'],
    ['ip 10.0.0.1 > 255.255.255.255 / udp 1 > 2', '10.0.0.9'],
    ['eth 02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff / ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2', '10.0.0.9'],
    ['ip 0.0.0.0 > 10.0.0.2 / udp 1 > 2', '10.0.0.9'],
    ['ip 127.0.0.1 > 10.0.0.2 / udp 1 > 2', '10.0.0.9'],
    ['ip 224.0.0.1 > 10.0.0.2 / udp 1 > 2', '10.0.0.9'],
    ['ip fd00::1 > fd00::2 / icmp6 time-exceeded / zeros 40', 'fd00::9'],
    ['ip fd00::1 > fd00::2 / icmp6 redirect / zeros 40', 'fd00::9'],
    ['ip fd00::1 > fd00::2 / ext fragment offset 9 next udp / zeros 8', 'fd00::9'],
    ['ip fd00::1 > ff02::1 / udp 1 > 2', 'fd00::9'],
    ['ip :: > fd00::2 / udp 1 > 2', 'fd00::9'],
    ['ip ff02::1 > fd00::2 / udp 1 > 2', 'fd00::9'],
    ['arp who-has 10.0.0.1 tell 10.0.0.2', '10.0.0.9'],
  ])('is not sent about %s', (text, from) => {
    expect(errorAbout(text, from)).toBeUndefined();
  });

  it('is sent about echo requests, and about IPv6 groups if the packet is too big', () => {
    expect(errorAbout('ip 10.0.0.1 > 10.0.0.2 / icmp echo-request', '10.0.0.9')).toBeDefined();
    expect(errorAbout('ip fd00::1 > ff02::1 / udp 1 > 2', 'fd00::9', { mtu: 1280 })).toBeDefined();
  });

  it('comes from an address of the same family', () => {
    expect(() => errorAbout('ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2', 'fd00::9')).toThrow("cannot come from 'fd00::9'");
  });

  it('is right, about whatever packet', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const packet = packetView(bytes, { port: 'a', now: 0 });
        const answer = icmpError(packet, packet.ip()?.version === 6 ? 'fd00::9' : '10.0.0.9', 'no-route');
        if (!answer) return;
        const ip = packetView(answer, { port: 'a', now: 0 }).ip();
        expect(verifyChecksums(answer).every(({ isRight }) => isRight)).toBe(true);
        expect(ip?.dst).toBe(packet.ip()?.src);
        expect(ip?.icmp()?.quoted()?.src).toBe(packet.ip()?.src);
      }),
      { numRuns: 500 },
    );
  });
});
