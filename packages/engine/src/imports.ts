/** What programs call in JavaScript: what is rare, or what needs the world. Addresses and i32 only: those cross cheaply. */
export interface HookHelpers {
  /** Nanoseconds of the clock with this number: see {@link CLOCKS}. */
  readonly clock: (which: number) => number;
  /** Fills in struct bpf_fib_lookup at `address`; what the helper returns. */
  readonly fibLookup: (address: number, size: number, flags: number) => number;
  /** Sends a copy of the frame of `context`; 0 or minus an errno. */
  readonly clone: (context: number, ifindex: number, flags: number) => number;
  readonly updateTrie: (map: number, key: number, value: number, flags: number) => number;
  /** The interface's MTU without the Ethernet header; 0: there is no such interface. */
  readonly mtu: (ifindex: number) => number;
  readonly deleteTrie: (map: number, key: number) => number;
}

/** Numbers of clocks: since the machine began; international atomic time. */
export const CLOCKS = { boot: 0, tai: 1 } as const;
