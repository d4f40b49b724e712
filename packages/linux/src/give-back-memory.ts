import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: {
  readonly type: 'major';
  readonly execution: 'sync';
  readonly flavor: 'regular' | 'last-resort';
}) => void;

let collect: Collect | undefined;

/** Returns to the kernel what this thread's heap has room for and does not hold: after much was loaded, which will not happen again
 *  soon, that is most of it. The thread stands still for some 50 ms. */
export function giveBackMemory(): void {
  collect ??= collector();
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

/** Bytes that objects of this thread take and somebody still holds. The thread stands still for some 0.5 ms for each MB of them. */
export function memoryHeld(): number {
  collect ??= collector();
  collect({ type: 'major', execution: 'sync', flavor: 'regular' });
  return getHeapStatistics().used_heap_size;
}

/** V8 hands it to contexts that are made while the flag is set. */
function collector(): Collect {
  setFlagsFromString('--expose-gc');
  try {
    return runInNewContext('gc');
  } finally {
    setFlagsFromString('--no-expose-gc');
  }
}
