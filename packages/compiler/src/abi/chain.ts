// How the functions of a chain follow each other: `next`, and all else that goes on behind a function, is a tail call into a
// program array.
//
//   function 0            function 1            function 2
//   next: tail call 1 ──► next: tail call 2 ──► next: end
//
// The index is a constant, so that the JIT jumps directly and not through the array. Where the array has nothing there, and
// behind 33 such calls for one packet, which are all that the kernel does, the packet is dropped as if the program had failed:
// it must not go past a function that was to see it. The kernel holds an array to programs of one kind: XDP, tcx ingress and
// egress have one each. Verdicts that end here (drop, stack, slowPath) leave out what follows.
import type { MapSpec } from '@twinpath/ebpf';

/** What is behind the function. `end`: the packet's way on, as if nothing had been there. */
export type Continuation =
  | { readonly kind: 'end' }
  /** `map`: name of a program array, as the loader is given it; it is none of the function's own maps. */
  | { readonly kind: 'tail-call'; readonly map: string; readonly index: number }
  /** Out of an interface of the namespace that the packet is in; 0: by which it came. `by`: a map of devices where the interface stands, in
   *  any namespace (XDP). To its `peer`: the other end of that veth has it at once, past programs on the way (tcx ingress). */
  | {
      readonly kind: 'redirect';
      readonly ifindex: number;
      readonly by?: { readonly map: string; readonly index: number };
      readonly peer?: true;
    }
  /** On tcx: out of the interface by which it came, meeting what is at this position there and behind it; 0: nothing. */
  | { readonly kind: 'leave'; readonly position: number };

/** What programs call the program array of their chain; no table of an author's can be called that. */
export const PATH = 'path of the chain';

/** What programs call the chain's map of devices, by the position from which packets leave for another namespace. */
export const WAYS = 'ways out of the chain';

/** What a fused program calls its own counters: a per-CPU array of one element, a number for each way that packets take through it. */
export const WAY_COUNTS = 'counts of ways';

/** What a fused program calls its memory of flows: an array of lines, those of each CPU one behind the other. */
export const FLOW_CACHE = 'memory of flows';

/** MAX_TAIL_CALL_CNT. */
export const MAX_TAIL_CALLS = 33;

/** The program array of a chain of so many functions. */
export function chainMap(name: string, functions: number): MapSpec {
  return { name, type: 'prog-array', keySize: 4, valueSize: 4, maxEntries: functions };
}
