// What becomes of flows while servers come, drain, fall and go: the keeper over real tables, packets through the evaluator.
import { Socket } from 'node:net';
import { packetFromText, textOf } from '@twinpath/packet';
import { startUnderTest, type UnderTest } from '@twinpath/testing';
import type { Sockets } from '@twinpath/vnf';
import { expect, test, vi } from 'vitest';
import { Config } from './config.ts';
import { endFlows, Keeper } from './keeper.ts';
import loadBalancer from './load-balancer.vnf.ts';
import { socketsWith } from './test/sockets.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const ADDRESSES = ['10.77.0.1', '10.77.0.2'] as const;

const given = (check: object, more: object = {}) => ({
  slots: 251 as const,
  services: [
    {
      address: '192.0.2.80' as const,
      port: 80,
      algorithm: 'round-robin' as const,
      backends: ADDRESSES.map((address) => ({ address, port: 8080 })),
      check: { type: 'tcp' as const, every: '1 ms' as const, rise: 2, fall: 3, ...check },
      ...more,
    },
  ],
});

type Tables = Awaited<ReturnType<typeof open>>['tables'];
type Balancer = Awaited<ReturnType<typeof open>>;
const open = (config: ReturnType<typeof given>) => startUnderTest(loadBalancer, { executor: 'evaluator', config });

function keep(tables: Tables, config: object, sockets: Partial<Sockets>): Keeper {
  const parsed = Config.parse(config);
  const { signal } = new AbortController();
  return new Keeper({ tables, config: () => parsed, sockets: socketsWith(sockets), log: silent, signal });
}

/** Where a packet of the client's goes. */
function goes({ send }: Pick<UnderTest<unknown>, 'send'>, port: number, flags = 'syn'): string | undefined {
  const { packet } = send(packetFromText(`ip 198.51.100.5 > 192.0.2.80 / tcp ${port} > 80 ${flags}`));
  return ADDRESSES.find((address) => textOf(packet).includes(`> ${address}`));
}

const answer = ({ send }: Pick<UnderTest<unknown>, 'send'>, from: string, port: number) =>
  send(packetFromText(`ip ${from} > 198.51.100.5 / tcp 8080 > ${port} syn ack`));

function establish(balancer: Balancer, port: number): string {
  const server = goes(balancer, port);
  if (server === undefined) throw new Error('there are servers');
  answer(balancer, server, port);
  expect(goes(balancer, port, 'ack')).toBe(server);
  return server;
}

const states = (tables: Tables) => [1, 2].map((number) => tables.servers.get(number)?.state);

/** Of the second server. */
function checked(isWell: () => boolean) {
  return (address: string) => {
    const socket = new Socket();
    const event = address === ADDRESSES[0] || isWell() ? 'connect' : 'error';
    queueMicrotask(() => socket.emit(event, new Error('ECONNREFUSED')));
    return socket;
  };
}

test('a server that falls gets no new flows and its flows are placed anew; others stay, and it is back when it rises', async () => {
  const config = given({});
  using balancer = await open(config);
  const { tables } = balancer;
  let isWell = true;
  let asked = 0;
  const connect = checked(() => {
    asked += 1;
    return isWell;
  });
  const keeper = keep(tables, config, { connect });
  const after = async (wanted: readonly string[]) =>
    vi.waitFor(
      () => {
        keeper.tick();
        expect(states(tables)).toEqual(wanted);
      },
      { timeout: 10_000, interval: 2 },
    );

  const ports = [1, 2, 3, 4];
  const placed = ports.map((port) => establish(balancer, port));
  expect(new Set(placed).size).toBe(2);
  expect(tables.active.get(2)?.flows).toBe(2);
  await vi.waitFor(() => {
    keeper.tick();
    expect(asked).toBeGreaterThan(0);
  });
  expect(states(tables)).toEqual(['up', 'up']);

  isWell = false;
  asked = 0;
  await after(['up', 'down']);
  expect(asked).toBeGreaterThanOrEqual(3);
  expect(tables.active.get(2)?.flows).toBe(0);
  for (const port of [11, 12, 13, 14]) expect(goes(balancer, port)).toBe(ADDRESSES[0]);
  for (const port of ports) expect(goes(balancer, port, 'ack')).toBe(ADDRESSES[0]);

  isWell = true;
  await after(['up', 'up']);
  expect(new Set([21, 22, 23, 24].map((port) => goes(balancer, port))).size).toBe(2);
});

test('the load of a server takes weight from what is new only', async () => {
  const config = given({ every: '1 h' }, { load: { from: 'http', every: '1 ms' } });
  using balancer = await open(config);
  const { tables } = balancer;
  const fetch = async (url: string) => new Response(url.includes(ADDRESSES[1]) ? '1' : '0');
  const keeper = keep(tables, config, { connect: checked(() => true), fetch });
  const ports = [1, 2, 3, 4];
  const placed = ports.map((port) => establish(balancer, port));
  await vi.waitFor(
    () => {
      keeper.tick();
      expect(tables.servers.get(2)?.factor).toBe(50);
    },
    { timeout: 10_000, interval: 2 },
  );
  expect(tables.servers.get(1)?.factor).toBe(1000);
  expect(ports.map((port) => goes(balancer, port, 'ack'))).toEqual(placed);
  const fresh = Array.from({ length: 42 }, (_, index) => goes(balancer, 100 + index));
  expect(fresh.filter((server) => server === ADDRESSES[1])).toHaveLength(2);
});

test('flows of a server that are ended go at once, there and back, and are placed anew', async () => {
  const config = given({});
  using balancer = await open(config);
  const { tables } = balancer;
  for (const port of [1, 2, 3, 4]) establish(balancer, port);
  // One more that is not open.
  goes(balancer, 5);
  goes(balancer, 6);
  expect(tables.sessions.size).toBe(8);
  expect(endFlows(tables, 2)).toBe(3);
  expect(tables.sessions.size).toBe(4);
  expect([...tables.sessions, ...tables.halfOpen].every(([, { server }]) => server === 1)).toBe(true);
  expect(tables.active.get(2)?.flows).toBe(0);
});
