// eVNF's published chain, eFW in front of eLB (efwlb.py): how it breaks, and what the same two functions do here, in the engine.

import { libraryFunctions } from '@twinpath/functions';
import { packetFromText } from '@twinpath/packet';
import { type SimulatedChain, startSimulatedChain } from '@twinpath/runtime';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { silent } from './fixtures/silent.ts';

const SERVICE = '192.0.2.10';
const always = { days: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] };

let chain: SimulatedChain;
beforeAll(async () => {
  const use = (name: string) => libraryFunctions().get(name) ?? '';
  chain = await startSimulatedChain(
    {
      name: 'efwlb',
      ports: { port: { interface: 'port' } },
      paths: [['port', 'firewall', 'balancer', 'host']],
      functions: [
        {
          name: 'firewall',
          use: use('firewall'),
          config: {
            rules: [
              { action: 'allow', protocol: 'tcp', port: 80 },
              // Only its slow path can tell.
              { action: 'allow', protocol: 'tcp', port: 81, when: always },
            ],
          },
        },
        {
          name: 'balancer',
          use: use('load-balancer'),
          config: { services: [{ address: SERVICE, port: '80-82', whenNone: 'stack', backends: [] }] },
        },
      ],
    },
    { log: silent },
  );
});
afterAll(() => chain.stop());

async function statisticsOf(name: string) {
  chain.take();
  return (await chain.statistics()).functions.find((one) => one.name === name);
}
/** Packets that the balancer left to the host: it has no backends. */
const balanced = async (): Promise<number> => (await statisticsOf('balancer'))?.verdicts.stack ?? 0;
const refused = async () => (await statisticsOf('firewall'))?.counters.refused;

const open = (port: number) =>
  chain.send('port', 'wire', packetFromText(`ip 198.51.100.1 > ${SERVICE} / tcp 40000 > ${port} syn`));

test('eFW 4: the firewall and the balancer are a chain, and what the one refuses the other does not see', async () => {
  const before = await balanced();
  open(80);
  open(82);
  await vi.waitFor(async () => expect(await refused()).toBe(1));
  expect((await balanced()) - before).toBe(1);
});

test('eFW 5: a packet that the slow path of the firewall lets pass goes on to the balancer', async () => {
  const before = await balanced();
  open(81);
  await vi.waitFor(async () => expect((await balanced()) - before).toBe(1));
});
