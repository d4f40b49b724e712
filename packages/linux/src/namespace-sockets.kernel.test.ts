import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { EchoSocket } from './echo-socket.ts';
import { openFds, traceFds } from './fd.ts';
import { inNamespace } from './namespace/enter.ts';
import { createNamespace, deleteNamespace } from './namespace/named.ts';
import { connectIn, udpIn } from './namespace-sockets.ts';
import { addAddress } from './netlink/address.ts';
import { createVeth, setLink } from './netlink/link.ts';
import { Netlink } from './netlink/socket.ts';
import { pollFd } from './poll.ts';

const [near, far] = ['tp-linux-sock-a', 'tp-linux-sock-b'];
const families = [
  { version: 4, there: '10.4.1.2', here: '10.4.1.1', nobody: '10.4.1.9' },
  { version: 6, there: 'fd41::2', here: 'fd41::1', nobody: 'fd41::9' },
] as const;

beforeAll(() => {
  traceFds();
  for (const name of [near, far]) createNamespace(name);
  using a = new Netlink(near);
  using b = new Netlink(far);
  createVeth(a, { name: 'v0', peer: { name: 'v1', namespace: far } });
  for (const [netlink, link, host] of [
    [a, 'v0', 1],
    [b, 'v1', 2],
  ] as const) {
    setLink(netlink, link, { up: true });
    addAddress(netlink, link, `10.4.1.${host}/24`);
    addAddress(netlink, link, `fd41::${host}/64`);
  }
});
afterAll(() => {
  for (const name of [near, far]) deleteNamespace(name);
  expect(openFds()).toEqual([]);
});

describe.each(families)('over IPv$version', ({ version, there, here, nobody }) => {
  test('a TCP connection is made from the namespace, and the thread stays where it is', async () => {
    const server = createServer((socket) => socket.end(`${socket.remoteAddress}`));
    inNamespace(far, () => server.listen(7000) && undefined);
    await once(server, 'listening');
    const socket = connectIn(near, there, 7000);
    const [said] = await once(socket, 'data');
    expect(String(said).replace('::ffff:', '')).toBe(here);
    server.close();
    await once(server, 'close');
  });

  test('datagrams go out from the namespace and come back to it', async () => {
    const server = udpIn(far, version);
    const client = udpIn(near, version);
    server.on('message', (text, from) => server.send(`${text} ${from.address}`, from.port, from.address));
    client.send('hello', server.address().port, there);
    const [answer] = await once(client, 'message');
    expect(String(answer)).toBe(`hello ${here}`);
    for (const socket of [server, client]) socket.close();
  });

  test('hosts that are there answer echo requests, and others do not', async () => {
    using socket = new EchoSocket(version, { namespace: near });
    const replies: unknown[] = [];
    using _poll = pollFd(socket.fd, () => {
      for (let reply = socket.receive(); reply !== undefined; reply = socket.receive()) replies.push(reply);
    });
    socket.send(there, 77, 1);
    socket.send(nobody, 77, 2);
    socket.send(there, 77, 65_535);
    await vi.waitFor(() => expect(replies).toHaveLength(2));
    await delay(50);
    expect(replies).toEqual([
      { identifier: 77, sequence: 1 },
      { identifier: 77, sequence: 65_535 },
    ]);
  });

  test('an address that nothing leads to is an error that names it', () => {
    const [address, code] = version === 4 ? ['192.0.2.1', 'ENETUNREACH'] : ['2001:db8::1', 'ENETUNREACH'];
    using socket = new EchoSocket(version, { namespace: near });
    expect(() => socket.send(address, 1, 1)).toThrow(`an echo request to ${address} failed: ${code}`);
  });
});

test('names are refused: they would be asked for in another namespace', () => {
  expect(() => connectIn(near, 'localhost', 80)).toThrow('"localhost" is not an IP address');
});

test('sockets of a worker are closed when it is ended', async () => {
  const module = new URL('./namespace-sockets.ts', import.meta.url).href;
  const code = `
    const { workerData, parentPort } = require('node:worker_threads');
    import(workerData).then(({ connectIn, udpIn }) => {
      udpIn('${near}', 4);
      connectIn('${near}', '10.4.1.9', 7000);
      parentPort.postMessage('open');
    });`;
  const count = () => readdirSync('/proc/self/fd').length;
  const before = count();
  const worker = new Worker(code, { eval: true, workerData: module, trackUnmanagedFds: false });
  await once(worker, 'message');
  expect(count()).toBeGreaterThan(before);
  await worker.terminate();
  expect(count()).toBeLessThanOrEqual(before);
});
