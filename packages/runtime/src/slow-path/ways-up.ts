// What comes up of packets, and what becomes of them, wherever they are run: each source port of UDP takes one way.

import type { UP } from '../fixtures/ways.vnf.ts';

export interface WayUp {
  readonly way: keyof typeof UP;
  /** What comes to the slow path: the whole packet, its first 64 bytes, metadata alone, or nothing. */
  readonly up: 'whole' | 'beginning' | 'metadata' | undefined;
  /** By which reason. */
  readonly reason?: string;
  /** Whether whoever listens on the interface gets it, and the host. */
  readonly heard: boolean;
  readonly goesOn: boolean;
  /** Only where packets can be copied. */
  readonly needsCopies?: boolean;
}

export const WAYS_UP: readonly WayUp[] = [
  { way: 'whole', up: 'whole', reason: 'whole', heard: false, goesOn: false },
  { way: 'beginning', up: 'beginning', reason: 'beginning', heard: false, goesOn: false },
  { way: 'copy', up: 'beginning', reason: 'copied', heard: false, goesOn: true },
  { way: 'notice', up: 'metadata', reason: 'told', heard: false, goesOn: true },
  { way: 'listener', up: undefined, heard: true, goesOn: false },
  { way: 'copyToListener', up: undefined, heard: true, goesOn: true, needsCopies: true },
  { way: 'stack', up: undefined, heard: false, goesOn: true },
];
