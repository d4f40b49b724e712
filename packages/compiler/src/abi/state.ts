// What the instance's programs and the runtime share besides tables: element 0 of the array map `state`, host byte order.
//
//   0       4       8               16      20              64
//   ┌───────┬───────┬───────────────┬───────┬───────────────┐
//   │seconds│ trips │ now, ns       │ gen.  │ zero          │
//   └───────┴───────┴───────────────┴───────┴───────────────┘

export const STATE = {
  map: 'state',
  size: 64,
  /** Seconds of the instance's clock, kept by the runtime: the stamp of entries that age. */
  seconds: 0,
  /** How often the packet in a `retry` program has been through the function before. */
  trips: 4,
  /** Nanoseconds of the simulated clock, for targets whose clock is `simulated`. */
  now: 8,
  /** Which generation of the rule sets packets see: bit n is that of rule set n. */
  generations: 16,
} as const;

/** Maps that every instance has, by name. */
export const COUNTERS = 'counters';
export const EVENTS = 'events';
export const SCRATCH = 'scratch';
export const LIMITS = 'limits';
