import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFds, traceFds } from './fd.ts';
import { FdWait } from './fd-wait.ts';
import { kernelVersion } from './kernel.ts';
import { pageSize } from './mapped-memory.ts';
import { createNamespace, deleteNamespace } from './namespace/named.ts';
import { createVeth, setLink } from './netlink/link.ts';
import { Netlink } from './netlink/socket.ts';
import { PacketSocket } from './packet-socket.ts';
import { pageAligned } from './page-aligned.ts';
import { writeSysctl } from './sysctl.ts';
import { type XdpRingKind, xdpRingBytes, xdpRingKinds } from './xdp-ring.ts';
import { XdpSocket, type XdpSocketOptions } from './xdp-socket.ts';
import { wakeXdpReceiver, wakeXdpSender } from './xdp-wake.ts';

const namespace = 'tp-linux-xsk';
const { major, minor } = kernelVersion();
const FRAME = 2048;
const FRAMES = 64;
const RING = 32;

/** A memory as the engine has it: packets first, then room for the rings of `sockets` sockets. */
function memory(sockets = 1, size = RING) {
  const ringBytes = xdpRingBytes(size, pageSize());
  const bytes = FRAME * FRAMES + sockets * 4 * ringBytes;
  const { buffer, offset: start } = pageAligned(bytes);
  const ring = (socket: number, kind: XdpRingKind) => {
    return { at: start + FRAME * FRAMES + (4 * socket + xdpRingKinds.indexOf(kind)) * ringBytes, size };
  };
  const options = (socket: number, more: Partial<XdpSocketOptions> = {}): XdpSocketOptions => ({
    link: 'v0',
    namespace,
    umem: { buffer, offset: start, length: FRAME * FRAMES, frameBytes: FRAME },
    rings: {
      rx: ring(socket, 'rx'),
      tx: ring(socket, 'tx'),
      fill: ring(socket, 'fill'),
      completion: ring(socket, 'completion'),
    },
    ...more,
  });
  return { words: new Int32Array(buffer), frames: new Uint8Array(buffer, start), options };
}

const frame = (marker: number): Uint8Array => {
  const bytes = new Uint8Array(64).fill(marker);
  bytes.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5]);
  return bytes;
};

beforeAll(() => {
  traceFds();
  createNamespace(namespace);
  writeSysctl('net.ipv6.conf.default.disable_ipv6', 1, namespace);
  using netlink = new Netlink(namespace);
  createVeth(netlink, { name: 'v0', queues: 2, peer: { name: 'v1', queues: 2 } });
  setLink(netlink, 'v0', { up: true });
  setLink(netlink, 'v1', { up: true });
});
afterAll(() => {
  deleteNamespace(namespace);
  expect(openFds()).toEqual([]);
});

describe('an AF_XDP socket', () => {
  test('sends from memory of ours by a ring that lies in it, and gives the frame back', () => {
    const { words, frames, options } = memory();
    using socket = new XdpSocket(options(0));
    using receiver = new PacketSocket({ link: 'v1', namespace, receive: 'incoming' });
    const { tx, completion, fill } = socket.rings;
    expect(socket.zeroCopy).toBe(false);
    for (let index = 0; index < 3; index++) {
      const at = index * FRAME + 100;
      frames.set(frame(index), at);
      words.set([at, 0, 64, 0], tx.entries / 4 + 4 * index);
    }
    Atomics.store(words, tx.producer / 4, 3);
    expect(Atomics.load(words, tx.flags / 4)).toBe(1);
    expect(wakeXdpSender(socket.fd.number)).toBe(true);
    for (let index = 0; index < 3; index++) expect(receiver.receive(1000)).toEqual(frame(index));
    expect(Atomics.load(words, tx.consumer / 4)).toBe(3);
    expect(Atomics.load(words, completion.producer / 4)).toBe(3);
    expect(words[completion.entries / 4 + 2]).toBe(FRAME + 100);
    expect(wakeXdpReceiver(socket.fd.number)).toBe(true);
    expect(new FdWait([socket.fd.number]).wait(0)).toBe(false);
    expect(fill.size).toBe(RING);
  });

  // Since 6.18.
  test.runIf(major > 6 || (major === 6 && minor >= 18))('sends as many with one call as its budget says', () => {
    const size = 2 * RING;
    const { words, frames, options } = memory(1, size);
    using socket = new XdpSocket(options(0, { mode: 'copy', sendBudget: size }));
    const { tx } = socket.rings;
    frames.set(frame(1), 100);
    for (let index = 0; index < size; index++) words.set([100, 0, 64, 0], tx.entries / 4 + 4 * index);
    Atomics.store(words, tx.producer / 4, size);
    wakeXdpSender(socket.fd.number);
    expect(Atomics.load(words, tx.consumer / 4)).toBe(size);
  });

  test('counts what it could not send', () => {
    const { words, options } = memory();
    using socket = new XdpSocket(options(0, { mode: 'copy' }));
    const { tx } = socket.rings;
    words.set([FRAME * FRAMES, 0, 64, 0], tx.entries / 4);
    Atomics.store(words, tx.producer / 4, 1);
    wakeXdpSender(socket.fd.number);
    expect(socket.statistics()).toMatchObject({ txInvalidDescriptors: 1, rxDropped: 0 });
  });

  test('shares packet memory with one on another queue, and leaves ordinary memory where its rings were', () => {
    const { words, options } = memory(2);
    const first = new XdpSocket(options(0));
    const second = new XdpSocket(options(1, { queue: 1, sharedWith: first }));
    expect(second.rings.fill.entries).not.toBe(first.rings.fill.entries);
    const { fill } = first.rings;
    Atomics.store(words, fill.producer / 4, 7);
    first[Symbol.dispose]();
    expect(words[fill.producer / 4]).toBe(0);
    words[fill.producer / 4] = 9;
    second[Symbol.dispose]();
    using again = new XdpSocket(options(0));
    expect(again.queue).toBe(0);
    expect(() => new XdpSocket(options(1))).toThrow(/AF_XDP socket on interface v0, queue 0.*EBUSY/);
  });

  test('says what it cannot be', () => {
    const { options } = memory();
    expect(() => new XdpSocket(options(0, { queue: 5 }))).toThrow(/queue 5.*EINVAL/);
    expect(() => new XdpSocket(options(0, { link: 'none' }))).toThrow(/interface none.*E/);
    expect(() => new XdpSocket(options(0, { mode: 'zero-copy' }))).toThrow(/EOPNOTSUPP/);
    const { rings } = options(0);
    expect(() => new XdpSocket(options(0, { rings: { ...rings, tx: { at: 0, size: 3 } } }))).toThrow('power of two');
  });
});
