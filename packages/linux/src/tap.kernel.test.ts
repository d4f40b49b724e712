import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFds, traceFds } from './fd.ts';
import { createNamespace, deleteNamespace } from './namespace/named.ts';
import { getLink, listLinks, setLink } from './netlink/link.ts';
import { Netlink } from './netlink/socket.ts';
import { PacketSocket } from './packet-socket.ts';
import { writeSysctl } from './sysctl.ts';
import { Tap } from './tap.ts';

const namespace = 'tp-linux-tap';
const frame = new Uint8Array(64).fill(7);

beforeAll(() => {
  traceFds();
  createNamespace(namespace);
  writeSysctl('net.ipv6.conf.default.disable_ipv6', 1, namespace);
});
afterAll(() => {
  deleteNamespace(namespace);
  expect(openFds()).toEqual([]);
});

describe('a TAP interface', () => {
  test('receives what is written to it, and gives what is sent by it', () => {
    using netlink = new Netlink(namespace);
    using tap = new Tap({ name: 'tap%d', namespace });
    expect(tap.name).toBe('tap0');
    expect(() => tap.write(frame)).toThrow(/TAP interface tap%d.*EIO/);
    setLink(netlink, tap.name, { up: true });
    using socket = new PacketSocket({ link: tap.name, namespace, receive: 'incoming' });
    tap.write(frame);
    expect(socket.receive(1000)).toEqual(frame);
    expect(tap.read()).toBeUndefined();
    socket.send(frame);
    expect(tap.read()).toEqual(frame);
  });

  test('receives a frame that is many as one', () => {
    using netlink = new Netlink(namespace);
    using tap = new Tap({ name: 'tap%d', namespace });
    setLink(netlink, tap.name, { up: true });
    using socket = new PacketSocket({ link: tap.name, namespace, receive: 'incoming' });
    const many = new Uint8Array(54 + 60_000);
    many.set([0x08, 0x00, 0x45], 12);
    many.set([6], 23);
    many.set([0x50, 0x10], 46);
    const segments = { kind: 'tcp4', size: 1448, headers: 54 } as const;
    tap.write(many, { checksumStart: 34, checksumOffset: 16, segments });
    expect(socket.receive(1000)?.length).toBe(many.length);
  });

  test('is gone with its object', () => {
    using netlink = new Netlink(namespace);
    {
      using tap = new Tap({ name: 'tp-gone', namespace });
      expect(getLink(netlink, tap.name).name).toBe('tp-gone');
      expect(() => new Tap({ name: 'tp-gone', namespace })).toThrow(/EBUSY/);
    }
    expect(listLinks(netlink).map(({ name }) => name)).not.toContain('tp-gone');
  });
});
