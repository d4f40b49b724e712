// What must be true of a run, and what was seen.
import type { FunctionStatistics } from '@twinpath/runtime';
import type { Tally } from './traffic.ts';

export interface Expectation {
  readonly name: string;
  readonly expected: string | number;
  readonly seen: string | number;
  readonly holds: boolean;
  /** Of a case: HTTP requests sent, and those that were answered as they should be. */
  readonly requests?: number;
  readonly served?: number;
}

const expect = (name: string, expected: string | number, seen: string | number): Expectation => ({
  name,
  expected,
  seen,
  holds: expected === seen,
});

/** Each case as the rules have it. */
export function casesHold(tallies: readonly Tally[]): Expectation[] {
  return tallies.map(({ case: { name, expected }, requests, served }) => ({
    ...expect(name, expected, outcomeOf({ requests, served })),
    requests,
    served,
  }));
}

function outcomeOf({ requests, served }: { readonly requests: number; readonly served: number }): string {
  if (served === requests) return 'served';
  return served === 0 ? 'refused' : `${served} of ${requests} served`;
}

/** Without the firewall every server answers everyone: it is the firewall that refuses. */
export function allServed(name: string, tallies: readonly Tally[]): Expectation {
  const served = tallies.filter((tally) => tally.served === tally.requests).length;
  return expect(name, `${tallies.length} of ${tallies.length} served`, `${served} of ${tallies.length} served`);
}

/** What the programs counted against what was sent. Every request is one connection, so one flow, so one first packet. */
export function countsHold(tallies: readonly Tally[], { reasons, counters }: FunctionStatistics): Expectation[] {
  const sent = (test: (of: Tally['case']) => boolean) =>
    tallies.filter((tally) => test(tally.case)).reduce((sum, { requests }) => sum + requests, 0);
  const { up, overLimit, lost } = reasons.undecided ?? { up: 0, overLimit: 0, lost: 0 };
  return [
    expect(
      'first packets of conditional flows, to the slow path',
      sent(({ asks }) => asks),
      up,
    ),
    expect('packets that the slow path was not handed for want of room', 0, overLimit + lost),
    expect(
      'flows that the fast path opened by itself',
      sent((of) => !of.asks && of.expected === 'served'),
      counters.opened ?? 0,
    ),
    expect(
      'packets that the fast path refused by itself',
      sent((of) => !of.asks && of.expected === 'refused'),
      counters.refused ?? 0,
    ),
  ];
}

/** The chain sits where it was told to. */
export function placeHolds(expected: string, hook: string): Expectation {
  return expect('hook', expected, hook);
}
