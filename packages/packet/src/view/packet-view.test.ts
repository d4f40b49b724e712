import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyBytes, ip4s, ip6s, ipTexts, texts, u16s, u32s } from '../arbitrary/index.ts';
import { sameBytes } from '../bytes/concat.ts';
import { verifyChecksums } from '../checksum/verify.ts';
import { packetFromText } from '../text/packet-from-text.ts';
import type { CopiedPacket, IpHeader } from '../types/views.ts';
import { packetView } from './packet-view.ts';

const of = (bytes: Uint8Array) => packetView(bytes, { port: 'inside', now: 5 });
const view = (text: string) => of(packetFromText(text));
const areRight = (packet: CopiedPacket) =>
  verifyChecksums(packet.bytes).every(({ isRight, found }) => isRight || found === 0);

/** Calls everything that can be read. */
function readAll(packet: CopiedPacket): unknown {
  const { type, src, dst, isMulticast, vlan } = packet.ethernet() ?? {};
  const arp = packet.arp();
  return {
    eth: [type, src, dst, isMulticast, vlan?.id, vlan?.priority, vlan?.inner?.id, vlan?.inner?.inner],
    arp: arp && [arp.operation, arp.senderMac, arp.senderIp, arp.targetMac, arp.targetIp],
    v4: [packet.ipv4()?.identification, packet.ipv4()?.dontFragment],
    v6: [packet.ipv6()?.flowLabel, packet.ipv6()?.identification],
    ip: readIp(packet.ip()),
    text: packet.toString(),
  };
}

function readIp(ip: IpHeader | undefined): unknown {
  if (!ip) return undefined;
  const [tcp, udp, icmp] = [ip.tcp(), ip.udp(), ip.icmp()];
  return {
    ip: [
      ip.version,
      ip.src,
      ip.dst,
      ip.hops,
      ip.trafficClass,
      ip.protocol,
      ip.length,
      ip.isFragment,
      ip.isFirstFragment,
      ip.hasOptions,
    ],
    flow: ip.flow(),
    ports: [ip.ports()?.sport, ip.ports()?.dport],
    tcp: tcp && [
      tcp.sequence,
      tcp.acknowledgement,
      tcp.window,
      tcp.syn,
      tcp.ack,
      tcp.fin,
      tcp.rst,
      tcp.psh,
      tcp.urg,
      tcp.option(2)?.u16(0),
      tcp.payload()?.length,
    ],
    udp: udp && [udp.length, udp.payload()?.u8(0)],
    icmp: icmp && [icmp.type, icmp.code, icmp.neighbour(), readIp(icmp.quoted())],
  };
}

describe('a packet view', () => {
  it.each([
    ['ext fragment offset 5 id 70000 next udp / zeros 8', 70_000],
    ['ext fragment offset 0 more id 70000 / udp 4000 > 53', 70_000],
    ['ext hop-by-hop / ext fragment offset 5 id 70000 next udp / zeros 8', undefined],
    ['udp 4000 > 53', undefined],
  ])('IPv6 fragments have a name where their header is the first: %s', (behind, name) => {
    const text = `ip fd00::1 > fd00::2 / ${behind}`;
    expect(view(text).ipv6()?.identification).toBe(name);
  });

  it('reads every header of a packet', () => {
    const packet = view(
      'vlan 5 priority 3 / vlan 6 / ip 10.0.0.1 > 10.0.0.2 hops 9 class 8 id 77 df options nop / tcp 4000 > 80 syn ack sequence 4294967295 acknowledgement 2 window 3 options nop mss 1460 / "abcd"',
    );
    const eth = packet.ethernet();
    expect([eth?.type, eth?.isMulticast, eth?.vlan?.id, eth?.vlan?.priority, eth?.vlan?.inner?.id]).toEqual([
      'ipv4',
      false,
      5,
      3,
      6,
    ]);
    const ip = packet.ipv4();
    expect([ip?.hops, ip?.trafficClass, ip?.identification, ip?.dontFragment, ip?.hasOptions, ip?.length]).toEqual([
      9,
      8,
      77,
      true,
      true,
      56,
    ]);
    const tcp = ip?.tcp();
    expect([tcp?.sequence, tcp?.acknowledgement, tcp?.window, tcp?.syn, tcp?.ack, tcp?.fin]).toEqual([
      4294967295,
      2,
      3,
      true,
      true,
      false,
    ]);
    expect([tcp?.option(2)?.u16(0), tcp?.option(2)?.u16(1), tcp?.option(3)]).toEqual([1460, undefined, undefined]);
    expect([tcp?.payload()?.startsWith('abc'), tcp?.payload()?.startsWith('abcde'), tcp?.payload()?.u32(0)]).toEqual([
      true,
      false,
      0x61626364,
    ]);
    expect([packet.port, packet.now, packet.length, packet.ipv6(), packet.arp()]).toEqual([
      'inside',
      5,
      78,
      undefined,
      undefined,
    ]);
  });

  it('reads ARP', () => {
    expect(view('arp 10.0.0.1 is-at 02:00:00:00:00:09 tell 10.0.0.2').arp()).toMatchObject({
      operation: 'reply',
      senderIp: '10.0.0.1',
      senderMac: '02:00:00:00:00:09',
      targetIp: '10.0.0.2',
      targetMac: '02:00:00:00:00:02',
    });
  });

  it('never throws and never reads beyond the bytes, whatever they are', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const before = readAll(of(bytes));
        const behind = new Uint8Array(bytes.length + 300).fill(0x45);
        behind.set(bytes);
        expect(readAll(of(behind.subarray(0, bytes.length)))).toEqual(before);
      }),
      { numRuns: 1500 },
    );
  });

  it('can be written to anywhere without throwing or leaving the packet', () => {
    fc.assert(
      fc.property(anyBytes, u16s, (bytes, value) => {
        const behind = new Uint8Array(bytes.length + 8).fill(0x45);
        behind.set(bytes);
        const ip = of(behind.subarray(0, bytes.length)).ip();
        const flow = ip?.flow();
        if (ip && flow) ip.rewrite({ ...flow, src: flow.dst, sport: value });
        const quoted = ip?.icmp()?.quoted();
        const about = quoted?.flow();
        if (quoted && about) quoted.rewrite({ ...about, dst: about.src, dport: value });
        expect(behind.subarray(bytes.length).every((byte) => byte === 0x45)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('has no IP header that contradicts itself', () => {
    const bad = ['ihl 4', 'ihl 15', 'version 6', 'length 19', 'length 29'];
    for (const words of bad)
      expect(view(`ip 10.0.0.1 > 10.0.0.2 ${words} / udp 1 > 2 / unpadded`).ip(), words).toBeUndefined();
    expect(view('ip 10.0.0.1 > 10.0.0.2 length 28 / udp 1 > 2 / unpadded').ip()).toBeDefined();
    expect(view('ip ::1 > ::2 version 4 / udp 1 > 2').ip()).toBeUndefined();
    expect(view('ip ::1 > ::2 length 49 / udp 1 > 2 / unpadded').ip()).toBeUndefined();
    expect(view('eth type ipv6 / ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2').ip()).toBeUndefined();
    expect(view('vlan 1 / vlan 2 / vlan 3 / ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2').ip()).toBeUndefined();
  });

  it('has no transport header outside the datagram, in later fragments, or that contradicts itself', () => {
    const transports = (text: string) => {
      const ip = view(text).ip();
      return [ip?.tcp(), ip?.udp(), ip?.flow()].map((found) => found !== undefined);
    };
    expect(transports('ip 10.0.0.1 > 10.0.0.2 / tcp 1 > 2')).toEqual([true, false, true]);
    expect(transports('ip 10.0.0.1 > 10.0.0.2 length 39 / tcp 1 > 2')).toEqual([false, false, false]);
    expect(transports('ip 10.0.0.1 > 10.0.0.2 / tcp 1 > 2 data-offset 4')).toEqual([false, false, true]);
    expect(transports('ip 10.0.0.1 > 10.0.0.2 / tcp 1 > 2 data-offset 6')).toEqual([false, false, true]);
    expect(transports('ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2 length 7')).toEqual([false, false, true]);
    expect(transports('ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2 length 9')).toEqual([false, false, true]);
    expect(transports('ip 10.0.0.1 > 10.0.0.2 fragment offset 0 more / udp 1 > 2 length 2000')).toEqual([
      false,
      true,
      true,
    ]);
    expect(transports('ip 10.0.0.1 > 10.0.0.2 fragment offset 1 / udp 1 > 2')).toEqual([false, false, false]);
    expect(transports('ip ::1 > ::2 / ext fragment offset 1 / udp 1 > 2')).toEqual([false, false, false]);
    expect(transports('ip ::1 > ::2 / ext fragment offset 0 more / udp 1 > 2')).toEqual([false, true, true]);
  });

  it('walks six IPv6 extension headers, not seven', () => {
    const text = (count: number) => `ip ::1 > ::2 / ${'ext destination / '.repeat(count)}udp 1 > 2`;
    expect(view(text(6)).ip()).toMatchObject({ protocol: 'udp', hasOptions: true });
    expect(view(text(6)).ip()?.udp()?.dport).toBe(2);
    expect(view(text(7)).ip()?.protocol).toBe(60);
    expect(view(text(7)).ip()?.flow()).toBeUndefined();
    expect(view('ip ::1 > ::2 / ext destination length 9 / udp 1 > 2').ip()).toMatchObject({
      protocol: 60,
      hasOptions: false,
    });
    expect(view('ip ::1 > ::2 / ext ah / ext mobility / tcp 1 > 2').ip()?.flow()?.dport).toBe(2);
    expect(view('ip 10.0.0.1 > 10.0.0.2 / ext ah / tcp 1 > 2').ip()?.flow()).toMatchObject({
      protocol: 'ah',
      dport: 0,
    });
  });

  it('tells fragments', () => {
    const kind = (text: string) => [view(text).ip()?.isFragment, view(text).ip()?.isFirstFragment];
    expect(kind('ip 10.0.0.1 > 10.0.0.2 df / udp 1 > 2')).toEqual([false, true]);
    expect(kind('ip 10.0.0.1 > 10.0.0.2 more / udp 1 > 2')).toEqual([true, true]);
    expect(kind('ip 10.0.0.1 > 10.0.0.2 fragment offset 5 / udp 1 > 2')).toEqual([true, false]);
    expect(kind('ip ::1 > ::2 / ext fragment id 5 / udp 1 > 2')).toEqual([false, true]);
    expect(kind('ip ::1 > ::2 / ext fragment more / udp 1 > 2')).toEqual([true, true]);
    expect(kind('ip ::1 > ::2 / ext fragment offset 5 / udp 1 > 2')).toEqual([true, false]);
  });

  it('names flows: echoes by identifier, protocols without ports by zeros', () => {
    const ports = (text: string) => [view(text).ip()?.flow()?.sport, view(text).ip()?.flow()?.dport];
    expect(ports('ip 10.0.0.1 > 10.0.0.2 / icmp echo-reply id 7 sequence 9')).toEqual([7, 7]);
    expect(ports('ip ::1 > ::2 / icmp6 echo-request id 8')).toEqual([8, 8]);
    expect(ports('ip 10.0.0.1 > 10.0.0.2 / icmp unreachable rest 99')).toEqual([0, 0]);
    expect(ports('ip 10.0.0.1 > 10.0.0.2 / sctp 5 > 6')).toEqual([5, 6]);
    expect(ports('ip 10.0.0.1 > 10.0.0.2 protocol gre / zeros 9')).toEqual([0, 0]);
    expect(ports('ip ::1 > ::2 protocol icmp / icmp echo-request id 7')).toEqual([0, 0]);
  });

  it('shows the beginning of a packet that was cut, and no header that is not there', () => {
    const whole = packetFromText('ip 10.0.0.1 > 10.0.0.2 / tcp 1 > 2 syn / zeros 1000');
    const cut = (bytes: number) => packetView(whole.slice(0, bytes), { port: 'a', now: 0, length: whole.length }).ip();
    expect(cut(60)?.tcp()?.payload()?.length).toBe(6);
    expect(cut(54)?.tcp()?.payload()).toBeUndefined();
    expect(cut(53)?.tcp()).toBeUndefined();
    expect(cut(40)?.length).toBe(1040);
    expect(cut(33)).toBeUndefined();
    expect(of(whole.slice(0, 60)).ip()).toBeUndefined(); // a frame of 60 bytes that claims more
  });

  it('finds the link-layer address of a neighbour among other options', () => {
    const nonce = '0e01010203040506';
    const address = '0101020000000007';
    const message = (options: string) =>
      view(`ip fe80::1 > fe80::2 / icmp6 135 / hex fe80000000000000 0000000000000009 ${options}`)
        .ip()
        ?.icmp()
        ?.neighbour();
    expect(message(nonce + address)).toEqual({ target: 'fe80::9', mac: '02:00:00:00:00:07' });
    expect(message(nonce)).toEqual({ target: 'fe80::9', mac: undefined });
    expect(message(nonce.repeat(4) + address)?.mac).toBeUndefined();
    expect(message('0100020000000007')?.mac).toBeUndefined();
    expect(view('ip fe80::1 > fe80::2 / icmp6 135 / zeros 15').ip()?.icmp()?.neighbour()).toBeUndefined();
  });
});

describe('writing through a view', () => {
  it('keeps every checksum right', () => {
    fc.assert(
      fc.property(ipTexts, ip4s, ip6s, u16s, u32s, (text, ip4, ip6, value, wide) => {
        const packet = view(text);
        const ip = packet.ip();
        const eth = packet.ethernet();
        const before = packet.bytes.slice();
        if (!ip || !eth) throw new Error(text);
        const address = ip.version === 4 ? ip4 : ip6;
        ip.src = address;
        ip.dst = address;
        ip.hops = value & 255;
        ip.trafficClass = value & 255;
        const v6 = packet.ipv6();
        if (v6) v6.flowLabel = wide & 0xf_ffff;
        const ports = ip.ports();
        if (ports) [ports.sport, ports.dport] = [value, value];
        const tcp = ip.tcp();
        if (tcp) [tcp.sequence, tcp.acknowledgement, tcp.window] = [wide, wide, value];
        expect([ip.src, ip.dst, ip.hops, ip.trafficClass]).toEqual([address, address, value & 255, value & 255]);
        expect(ip.ports()?.sport ?? value).toBe(value);
        expect(tcp?.sequence ?? wide).toBe(wide);
        expect(v6?.flowLabel ?? wide & 0xf_ffff).toBe(wide & 0xf_ffff);
        expect(areRight(packet)).toBe(true);
        expect(packet.bytes.length).toBe(before.length);
      }),
    );
  });

  it('gives, for a rewritten flow, the bytes of that packet', () => {
    const pairs = [
      ['ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 80 syn / "abc"', 'ip 192.0.2.7 > 10.9.9.9 / tcp 5 > 6 syn / "abc"'],
      ['ip 10.0.0.1 > 10.0.0.2 / udp 4000 > 80 / "abc"', 'ip 192.0.2.7 > 10.9.9.9 / udp 5 > 6 / "abc"'],
      [
        'ip 10.0.0.1 > 10.0.0.2 / udp 4000 > 80 checksum none / "abc"',
        'ip 192.0.2.7 > 10.9.9.9 / udp 5 > 6 checksum none / "abc"',
      ],
      ['ip 10.0.0.1 > 10.0.0.2 / sctp 4000 > 80 tag 9 / "abcd"', 'ip 192.0.2.7 > 10.9.9.9 / sctp 5 > 6 tag 9 / "abcd"'],
      [
        'ip 10.0.0.1 > 10.0.0.2 / icmp echo-request id 4000 / "abcd"',
        'ip 192.0.2.7 > 10.9.9.9 / icmp echo-request id 5 / "abcd"',
      ],
      ['ip 10.0.0.1 > 10.0.0.2 protocol gre / "abcd"', 'ip 192.0.2.7 > 10.9.9.9 protocol gre / "abcd"'],
      [
        'ip 10.0.0.1 > 10.0.0.2 fragment offset 9 protocol udp / "abcd"',
        'ip 192.0.2.7 > 10.9.9.9 fragment offset 9 protocol udp / "abcd"',
      ],
      [
        'ip ::1 > ::2 / ext destination / udp 4000 > 80 / "abc"',
        'ip fd00::7 > fd00::9 / ext destination / udp 5 > 6 / "abc"',
      ],
      ['ip ::1 > ::2 / icmp6 echo-reply id 4000 / "abc"', 'ip fd00::7 > fd00::9 / icmp6 echo-reply id 5 / "abc"'],
      [
        'ip ::1 > ::2 / ext routing left 1 via ::3 / tcp 4000 > 80',
        'ip fd00::7 > fd00::9 / ext routing left 1 via ::3 / tcp 5 > 6',
      ],
    ] as const;
    for (const [from, to] of pairs) {
      const packet = view(from);
      const ip = packet.ip();
      if (!ip) throw new Error(from);
      const ends = ip.version === 4 ? { src: '192.0.2.7', dst: '10.9.9.9' } : { src: 'fd00::7', dst: 'fd00::9' };
      ip.rewrite({ ...ends, sport: 5, dport: 6, protocol: ip.protocol });
      expect(packet.toString()).toBe(view(to).toString());
      expect(sameBytes(packet.bytes, packetFromText(to))).toBe(true);
    }
  });

  it('to a quoted packet keeps its header checksum and the ICMP checksum right, and its transport checksum as it was', () => {
    for (const [text, wanted] of [
      [
        'ip 10.0.0.9 > 10.0.0.1 / icmp unreachable code port about (ip 10.0.0.1 > 10.0.0.2 / udp 5 > 6 checksum 77 / "x")',
        'ip 10.0.0.9 > 10.0.0.1 / icmp unreachable code port about (ip 192.0.2.7 > 10.0.0.2 hops 3 / udp 8 > 6 checksum 77 / "x")',
      ],
      [
        'ip 10.0.0.9 > 10.0.0.1 / icmp time-exceeded about (ip 10.0.0.1 > 10.0.0.2 / icmp echo-request id 5 checksum 77 / "x")',
        'ip 10.0.0.9 > 10.0.0.1 / icmp time-exceeded about (ip 192.0.2.7 > 10.0.0.2 hops 3 / icmp echo-request id 8 checksum 77 / "x")',
      ],
      [
        'ip fd00::9 > fd00::1 / icmp6 packet-too-big mtu 1280 about (ip fd00::1 > fd00::2 / tcp 5 > 6 checksum 77 / "x")',
        'ip fd00::9 > fd00::1 / icmp6 packet-too-big mtu 1280 about (ip fd00::7 > fd00::2 hops 3 / tcp 8 > 6 checksum 77 / "x")',
      ],
    ] as const) {
      const packet = view(text);
      const quoted = packet.ip()?.icmp()?.quoted();
      const flow = quoted?.flow();
      if (!quoted || !flow) throw new Error(text);
      quoted.rewrite({ ...flow, src: quoted.version === 4 ? '192.0.2.7' : 'fd00::7', sport: 8 });
      quoted.hops = 3;
      expect(packet.toString()).toBe(view(wanted).toString());
    }
  });

  it('reads and writes the ports of a quote of eight bytes', () => {
    const packet = view(
      'ip 10.0.0.9 > 10.0.0.1 / icmp unreachable about (ip 10.0.0.1 > 10.0.0.2 length 1500 protocol tcp / hex 0005000600000001)',
    );
    const quoted = packet.ip()?.icmp()?.quoted();
    expect([quoted?.flow()?.sport, quoted?.length, quoted?.tcp()]).toEqual([5, 1500, undefined]);
    const ports = quoted?.ports();
    if (ports) ports.dport = 1000;
    expect(quoted?.flow()?.dport).toBe(1000);
    expect(areRight(packet)).toBe(true);
    expect(view('ip 10.0.0.9 > 10.0.0.1 / icmp echo-request / zeros 60').ip()?.icmp()?.quoted()).toBeUndefined();
  });

  it('never makes a UDP checksum of zero, and leaves none alone', () => {
    const packet = view('ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2');
    const udp = packet.ip()?.udp();
    for (let port = 0; udp && port <= 0xffff; port++) {
      udp.sport = port;
      if (packet.bytes[40] === 0 && packet.bytes[41] === 0) throw new Error(`port ${port}`);
    }
    expect(areRight(packet)).toBe(true);
  });

  it('writes Ethernet fields, and only those', () => {
    const packet = view('vlan 5 dei priority 2 / ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2');
    const eth = packet.ethernet();
    if (!eth?.vlan) throw new Error('no tag');
    eth.src = '02:00:00:00:00:0a';
    eth.dst = '02:00:00:00:00:0b';
    eth.vlan.id = 4095;
    eth.vlan.priority = 7;
    expect(packet.toString()).toBe(
      'eth 02:00:00:00:00:0a > 02:00:00:00:00:0b / vlan 4095 priority 7 dei / ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2',
    );
  });

  it('refuses what the packet cannot hold', () => {
    const ip = view('ip 10.0.0.1 > 10.0.0.2 / udp 1 > 2').ip();
    const flow = ip?.flow();
    if (!ip || !flow) throw new Error('no flow');
    expect(() => ip.rewrite({ ...flow, protocol: 'tcp' })).toThrow('cannot be rewritten to protocol tcp');
    expect(() => {
      ip.src = '::1';
    }).toThrow("'::1' cannot stand in an IPv4 header");
  });

  it('keeps a wrong checksum wrong by the same amount', () => {
    fc.assert(
      fc.property(texts, ip4s, (text, address) => {
        const packet = view(text);
        const ip = packet.ip();
        if (ip?.version !== 4) return;
        packet.bytes[packet.bytes.length - 1] = 0xff;
        const error = () =>
          verifyChecksums(packet.bytes).map(({ found, expected }) => (found - expected + 0xffff) % 0xffff);
        const before = error();
        ip.dst = address;
        expect(error()).toEqual(before);
      }),
    );
  });
});
