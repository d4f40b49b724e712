// What the instance's programs and the runtime share besides tables: element 0 of the array map `state`, host byte order.
//
//   0       4       8               16      20      24      28      32              40      64
//   ┌───────┬───────┬───────────────┬───────┬───────┬───────┬───────┬───────────────┬───────┐
//   │seconds│ zero  │ now, ns       │ gen.  │absent │network│by dst.│ writes        │ zero  │
//   └───────┴───────┴───────────────┴───────┴───────┴───────┴───────┴───────────────┴───────┘

export const STATE = {
  map: 'state',
  size: 64,
  /** Seconds of the instance's clock, kept by the runtime: the stamp of entries that age. */
  seconds: 0,
  /** Nanoseconds of the simulated clock, for targets whose clock is `simulated`. */
  now: 8,
  /** Which generation of the rule sets packets see: bit n is that of rule set n. */
  generations: 16,
  /** Not 0 while the slow path is not there: what becomes of packets for it (`ABSENT`). Read where packets go up, nowhere else. */
  absent: 20,
  /** The generation of what the kernel knows of links, neighbours and routes (abi/hops.ts). 0: nobody listens. */
  network: 24,
  /** 1: the kernel routes by destination alone. 0: by more (rules, several next hops), or nobody knows. */
  byDestination: 28,
  /** 64 bits, which grow with each write to a table, by whomever: what was remembered of tables is true for as long as it is the same. */
  writes: 32,
} as const;

/** `drop`: they end. `pass`: they go on behind the function. */
export const ABSENT = { no: 0, drop: 1, pass: 2 } as const;

/** Maps that every instance has, by name. */
export const COUNTERS = 'counters';
/** Elements of the counters: what the function's own programs have counted, and what a fused program has counted for it, which the
 *  runtime adds there. */
export const COUNTED = { own: 0, fused: 1 } as const;
export const EVENTS = 'events';
export const SCRATCH = 'scratch';
/** Where tc programs put events together, by number of the CPU: longer than a per-CPU value may be. */
export const CAPTURE = 'capture';
export const LIMITS = 'limits';
