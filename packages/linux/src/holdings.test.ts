import { closeSync, fstatSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { EdgeWatch } from './epoll.ts';
import { Fd } from './fd.ts';
import { createHoldings, releaseHoldings } from './holdings.ts';

const isOpen = (fd: number) => {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false;
  }
};

test('what a thread leaves open is closed by the one that ended it, and nothing else', async () => {
  const holdings = createHoldings();
  const index = new URL('./index.ts', import.meta.url).href;
  const own = openSync('/proc/self/status', 'r');
  const script = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(${JSON.stringify(index)}).then(({ Fd, recordHoldings }) => {
      recordHoldings(workerData);
      const open = () => Fd.adopt(require('node:fs').openSync('/proc/self/status', 'r'));
      const [left, closed] = [open(), open()];
      parentPort.postMessage([left.number, closed.number]);
      closed.close();
      for (;;);
    });`;
  const worker = new Worker(script, { eval: true, trackUnmanagedFds: false, workerData: holdings });
  const [left = -1, closed = -1] = await new Promise<number[]>((resolve) => worker.once('message', resolve));
  await delay(50);
  await worker.terminate();
  expect([isOpen(left), isOpen(closed), isOpen(own)]).toEqual([true, false, true]);
  releaseHoldings(holdings);
  expect([isOpen(left), isOpen(own)]).toEqual([false, true]);
  closeSync(own);
});

test('an edge is told once, and not after it is forgotten', async () => {
  using watch = new EdgeWatch();
  const timer = Fd.adopt(openSync('/proc/self/mounts', 'r'));
  let told = 0;
  watch.add(timer.number, () => told++);
  await delay(20);
  const first = told;
  await delay(20);
  expect([first, told]).toEqual([1, 1]);
  watch.delete(timer.number);
  watch.delete(timer.number);
  timer.close();
});
