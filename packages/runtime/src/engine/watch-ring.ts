import { setImmediate as immediate } from 'node:timers/promises';
import type { Engine, EngineMap } from '@twinpath/engine';

/** Calls back when workers have written into a ring buffer, once at first, until disposed. */
export function watchRing({ memory }: Engine, ring: EngineMap, wake: () => void): Disposable {
  const stop = new AbortController();
  const words = new Int32Array(memory.memory.buffer);
  const word = ring.producerAddress >>> 2;
  const look = async () => {
    while (!stop.signal.aborted) {
      const before = Atomics.load(words, word);
      wake();
      // Who drains comes in between, however fast records come.
      await immediate();
      await Atomics.waitAsync(words, word, before).value;
    }
  };
  void look();
  return {
    [Symbol.dispose]: () => {
      stop.abort();
      Atomics.notify(words, word);
    },
  };
}
