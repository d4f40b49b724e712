import { lineChain } from '@twinpath/vnf/chain';
import { expect, test, vi } from 'vitest';
import { MemoryWire } from '../fixtures/memory-wire.ts';
import { silent } from '../fixtures/silent.ts';

const GREET = new URL('../fixtures/greet.vnf.ts', import.meta.url).pathname;

test('a function of the main thread sends, too, always by the same way in', async () => {
  const greet = { name: 'greet', use: GREET, config: { length: 60 } };
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
