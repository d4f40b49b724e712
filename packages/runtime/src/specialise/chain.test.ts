// A whole chain in the engine: from what people write to what packets find in front of tables.
import { packetFromText } from '@twinpath/packet';
import type { ChainSpec } from '@twinpath/vnf/chain';
import { expect, test, vi } from 'vitest';
import { startSimulatedChain } from '../engine/start-simulated-chain.ts';
import { silent } from '../fixtures/silent.ts';

const use = new URL('./fixtures/routed.vnf.ts', import.meta.url).pathname;
const chain = (specialise: ChainSpec['specialise']): ChainSpec => ({
  name: 'hot',
  ports: { p: { interface: 'p' } },
  paths: [['p', 'routed', 'host']],
  functions: [{ name: 'routed', use, config: { to: '02:00:00:00:00:01' } }],
  ...(specialise !== undefined && { specialise }),
});

const to = (host: number) => packetFromText(`ip 10.0.0.200 > 10.0.0.${host} / udp 9 > 9`);

test('a chain that says so has its hottest entries in front, and tables as they are configured', async () => {
  await using running = await startSimulatedChain(chain('traffic'), { log: silent });
  const send = (host: number) => {
    running.send('p', 'wire', to(host));
    return running.take().map(({ bytes }) => bytes[5]);
  };
  const front = async () => (await running.functions[0]?.measures())?.fronts['routes.4'];
  expect(await front()).toMatchObject({ isOpen: false, entries: 0 });
  await vi.waitFor(
    async () => {
      for (let sent = 0; sent < 2000; sent++) send(sent % 5);
      expect(await front()).toMatchObject({ isOpen: true, entries: 5 });
    },
    { timeout: 20_000, interval: 10 },
  );
  expect(send(3)).toEqual([1]);
  await running.configure('routed', { to: '02:00:00:00:00:02' });
  for (let host = 0; host < 5; host++) expect(send(host)).toEqual([2]);
  await running.change(chain('off'));
  expect(send(3)).toEqual([2]);
  expect(await front()).toBeUndefined();
});
