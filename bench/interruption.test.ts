import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Interruption } from './interruption.ts';

test('the first signal is for the scenario, whatever else listens, and the next one is not', async () => {
  const others: number[] = [];
  const listen = () => others.push(process.listenerCount('SIGINT') - 1);
  const before = process.listenerCount('SIGINT');
  const { signal } = new Interruption();
  process.on('SIGINT', listen);
  try {
    process.emit('SIGINT', 'SIGINT');
    expect(() => signal.throwIfAborted()).toThrow('interrupted');
    await turn();
    process.emit('SIGINT', 'SIGINT');
    expect(others).toEqual([before + 1, before]);
  } finally {
    process.off('SIGINT', listen);
  }
});
