import { packetFromText } from '@twinpath/packet';
import { lineChain } from '@twinpath/vnf/chain';
import { expect, test, vi } from 'vitest';
import { MemoryWire } from '../fixtures/memory-wire.ts';
import { silent } from '../fixtures/silent.ts';

const file = (name: string) => new URL(`../fixtures/${name}`, import.meta.url).pathname;

test('a function of the main thread sends, too, always by the same way in', async () => {
  const greet = { name: 'greet', use: file('greet.vnf.ts'), config: { length: 60 } };
  const spec = lineChain('greeting', { interface: 'port' }, [greet]);
  await using wire = await MemoryWire.open(spec, silent);
  const sent = (length: number) =>
    vi.waitFor(() => expect(wire.takeOut().map((frame) => frame.length)).toEqual([length]), 5000);
  await sent(60);
  const { available } = wire.host.engine;
  await wire.chain.configure('greet', { length: 70 });
  await sent(70);
  expect(wire.host.engine.available).toBe(available);
});

test('another version in a worker takes over the tables, migrated, and one that fails leaves them as they were', async () => {
  const flows = (name: string, config: object = {}) => ({ name: 'flows', use: file(name), config });
  const spec = (...functions: Parameters<typeof lineChain>[2]) => lineChain('swap', { interface: 'port' }, functions);
  await using wire = await MemoryWire.open(spec(flows('flows.vnf.ts')), silent);
  const { chain } = wire;
  const entries = async () =>
    ((await chain.functions[0]?.entries('flows')) ?? [])
      .map(([key, value]) => ({ sport: Object(key).sport, ...Object(value) }))
      .toSorted((a, b) => a.sport - b.sport);
  const known = async (...sports: readonly number[]) => {
    wire.send(packetFromText(`ip 10.9.0.2 > 10.9.0.50 / udp ${sports.at(-1)} > 7 / "x"`));
    await vi.waitFor(async () => expect((await entries()).map(({ sport }) => sport)).toEqual(sports), 5000);
  };
  await known(2);
  await known(2, 3);
  const fails = chain.change(spec(flows('flows-2.vnf.ts', { fails: 'slow path' })));
  await expect(fails).rejects.toThrow('it was asked to fail');
  await known(2, 3, 5);
  await chain.replace('flows', file('flows-2.vnf.ts'));
  await known(2, 3, 5, 7);
  expect(await entries()).toMatchObject([
    { sport: 2, by: 'version 1' },
    { sport: 3, by: 'version 1' },
    { sport: 5, by: 'version 1' },
    { sport: 7, by: 'slow path' },
  ]);
});
