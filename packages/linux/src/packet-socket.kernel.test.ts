import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errnoName } from './errno.ts';
import { openFds, traceFds } from './fd.ts';
import { inNamespace } from './namespace/enter.ts';
import { createNamespace, deleteNamespace } from './namespace/named.ts';
import { createVeth, getLink, setLink } from './netlink/link.ts';
import { Netlink } from './netlink/socket.ts';
import { getOffload, type Offload, setOffload } from './offload.ts';
import { PacketSocket } from './packet-socket.ts';
import { pollFd } from './poll.ts';
import { writeSysctl } from './sysctl.ts';

const namespace = 'tp-linux-pkt-a';

function frame(marker: number, { vlan = false, length = 64 } = {}): Uint8Array {
  const bytes = new Uint8Array(length).fill(marker);
  bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]);
  bytes.set(vlan ? [0x81, 0x00, 0x60, 0x2a, 0x88, 0xb5] : [0x88, 0xb5], 12);
  return bytes;
}

/** Of the 16-bit words from `from` on, with TCP's part of the pseudo header: 10.0.0.1 to 10.0.0.2. */
function sum(bytes: Uint8Array, from: number): number {
  let total = 0x0a00 + 1 + 0x0a00 + 2 + 6 + (bytes.length - from);
  for (let at = from; at < bytes.length; at += 2) total += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  return total;
}

beforeAll(() => {
  traceFds();
  createNamespace(namespace);
  writeSysctl('net.ipv6.conf.default.disable_ipv6', 1, namespace);
  using netlink = new Netlink(namespace);
  createVeth(netlink, { name: 'v0', peer: { name: 'v1' } });
  setLink(netlink, 'v0', { up: true });
  setLink(netlink, 'v1', { up: true });
});

afterAll(() => {
  deleteNamespace(namespace);
  expect(openFds()).toEqual([]);
});

describe('packet sockets', () => {
  test('a frame arrives at the other end byte for byte', () => {
    using sender = new PacketSocket({ link: 'v0', namespace });
    using receiver = new PacketSocket({ link: 'v1', namespace, receive: 'incoming' });
    sender.send(frame(0x11));
    expect(receiver.receive(1000)).toEqual(frame(0x11));
    expect(receiver.receive()).toBeUndefined();
    expect(sender.receive()).toBeUndefined();
  });

  test('a VLAN tag is where it was on the wire', () => {
    using sender = new PacketSocket({ link: 'v0', namespace });
    using receiver = new PacketSocket({ link: 'v1', namespace, receive: 'incoming' });
    sender.send(frame(0x22, { vlan: true }));
    expect(receiver.receive(1000)).toEqual(frame(0x22, { vlan: true }));
  });

  test('a batch goes out in order, also one larger than a system call takes', () => {
    using sender = new PacketSocket({ link: 'v0', namespace });
    using receiver = new PacketSocket({ link: 'v1', namespace, receive: 'incoming', receiveBufferSize: 8 << 20 });
    const frames = Array.from({ length: 1500 }, (_, index) => frame(index & 0xff, { length: 60 + (index % 100) }));
    let sent = 0;
    const received: (Uint8Array | undefined)[] = [];
    while (sent < frames.length) {
      sent += sender.sendBatch(frames.slice(sent));
      while (received.length < sent) received.push(receiver.receive(1000));
    }
    expect(received).toEqual(frames);
  });

  test('frames of a batch carry their own marks, and what is refused does not hold up the others', () => {
    using sender = new PacketSocket({ link: 'v0', namespace });
    using receiver = new PacketSocket({ link: 'v1', namespace, receive: 'incoming' });
    const batch = sender.batch();
    for (const length of [64, 9000, 100, 1514])
      expect(batch.add({ bytes: frame(length & 0xff, { length }) })).toBe(true);
    expect(batch.count).toBe(4);
    const refusals: [number, string][] = [];
    batch.send((index, errno) => refusals.push([index, errnoName(errno)]));
    expect(refusals).toEqual([[1, 'EMSGSIZE']]);
    const lengths = Array.from({ length: 3 }, () => receiver.receive(1000)?.length);
    expect(lengths).toEqual([64, 100, 1514]);
    batch.send(() => expect.unreachable());
    expect(receiver.receive()).toBeUndefined();
  });

  test('a batch holds so many frames, and takes more once it is sent', () => {
    using sender = new PacketSocket({ link: 'v0', namespace });
    const batch = sender.batch();
    let added = 0;
    while (batch.add({ bytes: frame(1), mark: 7, priority: added })) added++;
    expect(added).toBe(256);
    batch.send(() => expect.unreachable());
    expect(batch.add({ bytes: frame(1) })).toBe(true);
  });

  test('the interface cuts what a batch leaves it to cut, and finishes checksums', () => {
    using sender = new PacketSocket({ link: 'v0', namespace });
    using receiver = new PacketSocket({ link: 'v1', namespace, receive: 'incoming' });
    const offloads =
      (...names: readonly Offload[]) =>
      (on: boolean) =>
        inNamespace(namespace, () => {
          for (const name of names) setOffload('v0', name, on);
        });
    offloads('tso', 'gso', 'tx-checksum')(false);
    // IPv4 and TCP headers of 20 bytes each, 3000 bytes of payload; the checksum field holds the pseudo header's sum.
    const bytes = new Uint8Array(54 + 3000);
    const view = new DataView(bytes.buffer);
    bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00, 0x45, 0]);
    view.setUint16(16, 3040);
    bytes.set([64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 1, 0, 2], 22);
    bytes.set([0x50, 0x10, 1, 0], 46);
    view.setUint16(50, 0x0a00 + 1 + 0x0a00 + 2 + 6 + 3020);
    const segments = { kind: 'tcp4', size: 1448, headers: 54 } as const;
    const batch = sender.batch();
    batch.add({ bytes, offload: { checksumStart: 34, checksumOffset: 16, segments } });
    batch.send((_, errno) => expect.unreachable(errnoName(errno)));
    const received = Array.from({ length: 3 }, () => receiver.receive(1000) ?? new Uint8Array());
    expect(received.map((one) => one.length)).toEqual([54 + 1448, 54 + 1448, 54 + 104]);
    for (const one of received) expect(sum(one, 34) % 0xffff).toBe(0);
    offloads('tx-checksum', 'gso', 'tso')(true);
  });

  test('an interface that does not exist is an error that names it', () => {
    expect(() => new PacketSocket({ link: 'nope', namespace })).toThrow(/interface nope.*no such interface/);
    expect(() => new PacketSocket({ link: 9999, namespace })).toThrow(
      /bind for packet socket on interface 9999.*ENODEV/,
    );
    expect(() => new PacketSocket({ link: 0, namespace })).toThrow(/no such interface/);
  });

  test('pollFd wakes the event loop when frames arrive', async () => {
    using sender = new PacketSocket({ link: 'v0', namespace });
    using receiver = new PacketSocket({ link: 'v1', namespace, receive: 'incoming' });
    const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
    using poll = pollFd(receiver.fd, () => resolve(receiver.receive()));
    setTimeout(() => sender.send(frame(0x33)), 5);
    expect(await promise).toEqual(frame(0x33));
    poll.close();
  });
});

describe('offloads', () => {
  test('are turned off and on for one interface', () => {
    for (const offload of ['tx-checksum', 'tso', 'gso', 'gro', 'rx-vlan', 'tx-vlan'] as const) {
      inNamespace(namespace, () => {
        const before = getOffload('v0', offload);
        setOffload('v0', offload, !before);
        expect(getOffload('v0', offload)).toBe(!before);
        setOffload('v0', offload, before);
        expect(getOffload('v0', offload)).toBe(before);
      });
    }
  });

  test('a missing interface is an error that says what was wanted', () => {
    expect(() => inNamespace(namespace, () => setOffload('nope', 'tso', false))).toThrow(
      /setting tso of interface nope failed: ENODEV/,
    );
  });
});

test('links in a namespace are seen from outside through a netlink socket of that namespace only', () => {
  using inside = new Netlink(namespace);
  using outside = new Netlink();
  expect(getLink(inside, 'v0').name).toBe('v0');
  expect(() => getLink(outside, 'v0')).toThrow(/ENODEV/);
});
