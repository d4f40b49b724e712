// How the slow path's packets are told from others on a port's tc hooks: the packet's mark is the key, and a word says where
// they go on. The word is the packet's priority on egress, where a packet socket can set it; on ingress it is the first control
// word (`cb[0]`), because a change of interface clears the priority. The program takes both away before anyone else sees them.
//
//   31         16 15       8 7         0
//   ┌────────────┬──────────┬──────────┐
//   │ position   │ trips    │ what     │
//   └────────────┴──────────┴──────────┘

/** What: on behind the function at the position. Else through it again: the number of trips, and 0 beside it. */
export const RESUME = 0xff;
/** What: past all functions. */
export const PASS = 0xfe;

export const markWord = (position: number, what: number, trips = 0): number =>
  ((position << 16) | (trips << 8) | what) >>> 0;
