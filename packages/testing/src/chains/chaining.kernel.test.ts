// Results do not depend on the way of chaining. Another way is one more executor here.
import { packetView } from '@twinpath/packet';
import { describe, expect, it } from 'vitest';
import type { ChainExecutor, ChainResult } from './chain-under-test.ts';
import { apart } from './chain-walk.ts';
import { fused, tailCalls } from './tail-calls.ts';
import { CHAIN_CASES } from './test/cases.ts';

const EXECUTORS: readonly ChainExecutor[] = [
  apart('evaluator'),
  apart('kernel'),
  apart('engine'),
  ...tailCalls,
  ...fused,
];

/** How a packet ended, and the destination port that functions have written. */
function shown({ end, bytes }: ChainResult): string {
  const port = packetView(bytes, { port: '', now: 0 }).ip()?.udp()?.dport;
  return `${end} ${port ?? '-'}`;
}

describe.each(EXECUTORS)('$name', (executor) => {
  it.each(CHAIN_CASES)('$title', async ({ chain, packets, expected }) => {
    using running = await executor.start(chain);
    expect(packets.map((packet) => shown(running.send(packet)))).toEqual(expected);
  });
});
