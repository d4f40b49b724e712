// What is wanted on a host: plain data, the same on every machine.

export interface PortSpec {
  /** Name of the network interface. */
  readonly interface: string;
  /** Name of its network namespace, as `ip netns` shows it; default: the one that the process is in. */
  readonly namespace?: string;
}

/** How packets reach the fast path. `native`: in the driver. `generic`: in the stack, for drivers that cannot. */
export type PortMode = 'native' | 'generic' | 'auto';

export interface ChainFunctionSpec {
  /** Unique in the chain. */
  readonly name: string;
  /** The file whose default export is the function. */
  readonly use: string;
  /** As the function's schema takes it. */
  readonly config?: unknown;
}

export interface ChainSpec {
  /** Unique on the host: lower-case letters, digits and hyphens. */
  readonly name: string;
  readonly port: PortSpec;
  /** Default `native`. */
  readonly mode?: PortMode;
  /** In the order in which packets that enter the host meet them. */
  readonly functions: readonly ChainFunctionSpec[];
}
