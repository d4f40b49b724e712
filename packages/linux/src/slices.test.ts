import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { kernelVersion } from './kernel.ts';

const { major, minor } = kernelVersion();
const isEevdf = major > 6 || (major === 6 && minor >= 12);

test.runIf(isEevdf && getPriority() === 0)(
  'a thread that asks for short slices has them, and what it starts has not',
  async () => {
    // Another test of this process may have asked for them.
    const before = sliceOf(readFileSync('/proc/thread-self/sched', 'utf8'));
    const code = `
    const { shortenSlices } = await import(${JSON.stringify(new URL('slices.ts', import.meta.url).href)});
    const { spawnSync } = await import('node:child_process');
    const { readFileSync } = await import('node:fs');
    const { parentPort } = await import('node:worker_threads');
    const isShort = shortenSlices();
    const child = spawnSync('cat', ['/proc/self/sched'], { encoding: 'utf8' }).stdout;
    parentPort.postMessage({ isShort, own: readFileSync('/proc/thread-self/sched', 'utf8'), child });`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
    const { isShort, own, child } = await new Promise<{ isShort: boolean; own: string; child: string }>(
      (resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      },
    );
    await worker.terminate();
    expect(isShort).toBe(true);
    expect(sliceOf(own)).toBe(100_000);
    expect(sliceOf(child)).toBeGreaterThan(100_000);
    expect(sliceOf(readFileSync('/proc/thread-self/sched', 'utf8'))).toBe(before);
  },
);

test('who has a priority keeps it', () => {
  const code = `import(${JSON.stringify(new URL('slices.ts', import.meta.url).href)}).then(({ shortenSlices }) => console.log(shortenSlices()))`;
  const { stdout } = spawnSync('nice', ['-n', '5', process.execPath, '-e', code], { encoding: 'utf8' });
  expect(stdout.trim()).toBe('false');
});

const sliceOf = (text: string) => Number(/se\.slice\s*:\s*(\d+)/.exec(text)?.[1]);
