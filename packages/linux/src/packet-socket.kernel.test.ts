import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFds, traceFds } from './fd.ts';
import { inNamespace } from './namespace/enter.ts';
import { createNamespace, deleteNamespace } from './namespace/named.ts';
import { createVeth, getLink, setLink } from './netlink/link.ts';
import { Netlink } from './netlink/socket.ts';
import { getOffload, setOffload } from './offload.ts';
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
    for (const offload of ['tx-checksum', 'tso', 'gso', 'gro'] as const) {
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
