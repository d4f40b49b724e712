// What becomes of packets that the slow path answers, wherever they are run: the function in the middle of three hands up all,
// and each function writes its digit behind the destination port (1, 2, 3 from the wire on).

import type { ANSWERS } from '../fixtures/ask.vnf.ts';

export interface WayBack {
  readonly answer: (typeof ANSWERS)[number];
  /** Which way the packet was going. */
  readonly side: 'in' | 'out';
  /** Where it comes out: `undefined`, nowhere. */
  readonly to: 'host' | 'wire' | undefined;
  /** Who has seen it, in order. */
  readonly seen: number;
}

export const WAYS_BACK: readonly WayBack[] = [
  { answer: 'resume', side: 'in', to: 'host', seen: 123 },
  { answer: 'retry', side: 'in', to: 'host', seen: 1223 },
  { answer: 'stack', side: 'in', to: 'host', seen: 12 },
  { answer: 'bounce', side: 'in', to: 'wire', seen: 121 },
  { answer: 'forward', side: 'in', to: 'wire', seen: 12 },
  { answer: 'reply', side: 'in', to: 'wire', seen: 12 },
  { answer: 'drop', side: 'in', to: undefined, seen: 0 },
  { answer: 'loop', side: 'in', to: undefined, seen: 0 },
  { answer: 'receive', side: 'in', to: 'host', seen: 12123 },
  { answer: 'circle', side: 'in', to: undefined, seen: 0 },
  { answer: 'resume', side: 'out', to: 'wire', seen: 321 },
  { answer: 'retry', side: 'out', to: 'wire', seen: 3221 },
  { answer: 'stack', side: 'out', to: 'wire', seen: 32 },
  { answer: 'forward', side: 'out', to: 'wire', seen: 32 },
  { answer: 'drop', side: 'out', to: undefined, seen: 0 },
  { answer: 'loop', side: 'out', to: undefined, seen: 0 },
];
