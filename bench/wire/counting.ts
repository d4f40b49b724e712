import type { LineProcess } from './line-process.ts';
import type { Standing } from './wires.ts';

/** A process of ours in C once it is ready: at SIGUSR1 it says what it received and sent, and its CPU time in nanoseconds. */
export async function counting(
  child: LineProcess,
  what: 'received' | 'sent',
  stack: AsyncDisposableStack,
): Promise<Standing> {
  stack.defer(() => child.end('SIGTERM'));
  await child.line();
  return {
    async counted() {
      child.signal('SIGUSR1');
      const [received = 0, sent = 0, cpu = 0] = (await child.line()).split(' ').map(Number);
      return { frames: what === 'received' ? received : sent, cpu };
    },
  };
}
