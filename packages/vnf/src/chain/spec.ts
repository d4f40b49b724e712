// What is wanted on a host: plain data, the same on every machine.

import type { ReasonOverrides } from '../plan/override-reasons.ts';

/** How packets reach an XDP program. `native`: in the driver. `generic`: in the stack, for drivers that cannot; slow.
 *  `auto`: natively where the driver can. */
export type PortMode = 'native' | 'generic' | 'auto';

/** Where packets that enter meet the chain. `xdp`: before the kernel has made anything of them. `tcx`: as socket buffers, with
 *  segments joined and checksums unfinished. `auto`: XDP where `mode` is given, tcx where the port hands over; what the chain's functions
 *  need; tcx on veths and TAP interfaces, else XDP where the driver has it natively, else tcx. */
export type PortHook = 'auto' | 'xdp' | 'tcx';

/** How the functions of a chain follow each other in the kernel. `tail-calls`: each is a program of its own. `fused`: those that a packet
 *  most likely meets are one program, made anew when one of them changes; until it is made, and where it cannot be, they go on by
 *  tail calls. `auto`: the same, and nobody waits for it. */
export type ChainRun = 'fused' | 'tail-calls' | 'auto';

/** `traffic`: lookups are sampled, and copies of the hottest entries stand in front of tables, where and as long as that is faster. */
export type Specialise = 'off' | 'traffic';

/** Where a chain meets a network interface. */
export interface PortSpec {
  /** Name of the network interface. */
  readonly interface: string;
  /** Its network namespace: a name as `ip netns` shows it, `pid:<process in it>` for a container, or a path; default: the one that the
   *  process is in. */
  readonly namespace?: string;
  /** Default `auto`. */
  readonly hook?: PortHook;
  /** Of XDP; default `native`. */
  readonly mode?: PortMode;
  /** When the interface is removed: the chain has lost it (`end`), or goes on without it until one of the name is there again in the
   *  same namespace (`wait`). Default `end`. */
  readonly whenGone?: 'end' | 'wait';
  /** Of a veth whose other end is in another namespace: what the chain sends out of it by tcx is at that end at once, past queues and
   *  programs of others on the way out here, and past XDP there (bpf_redirect_peer). Default: where `auto` leads to tcx, and nothing would be
   *  passed by; else `false`. */
  readonly handOver?: boolean;
}

/** A function that this chain brings along. */
export interface OwnFunctionSpec {
  /** Unique in the chain. */
  readonly name: string;
  /** The file whose default export is the function. */
  readonly use: string;
  /** As the function's schema takes it. */
  readonly config?: unknown;
  /** Where its slow path runs: in a worker thread with others, or alone in one. Default `shared`. */
  readonly worker?: 'shared' | 'own';
  /** What becomes of packets for its slow path while that is not there; default `drop`. */
  readonly onFailure?: 'pass' | 'drop';
  /** What its reasons say here in place of what it declares, by name. */
  readonly reasons?: ReasonOverrides;
  /** Default: as the chain says. */
  readonly specialise?: Specialise;
}

/** A function of another chain of this process: one instance, with one set of tables, in both. */
export interface SharedFunctionSpec {
  /** Unique in the chain. */
  readonly name: string;
  /** Chain and function: `edge/firewall`. */
  readonly share: string;
}

export type ChainFunctionSpec = OwnFunctionSpec | SharedFunctionSpec;

/** The Linux network stack, as the end of a path. */
export const HOST = 'host';

export interface ChainSpec {
  /** Unique on the host: lower-case letters, digits and hyphens. */
  readonly name: string;
  /** By name. */
  readonly ports: Readonly<Record<string, PortSpec>>;
  /** Each from one end to the other: ends are a port's name, `function:port`, or `host`; transparent functions between them. */
  readonly paths: readonly (readonly string[])[];
  readonly functions: readonly ChainFunctionSpec[];
  /** Default `tail-calls`. */
  readonly run?: ChainRun;
  /** Of all its functions; default `off`. */
  readonly specialise?: Specialise;
}

/** The chain of transparent functions on one port, in the order in which packets that enter the host meet them. */
export function lineChain(
  name: string,
  port: PortSpec & { readonly name?: string },
  functions: readonly ChainFunctionSpec[],
): ChainSpec {
  const { name: portName = port.interface, ...spec } = port;
  const path = [portName, ...functions.map((one) => one.name), HOST];
  return { name, ports: { [portName]: spec }, paths: [path], functions };
}
