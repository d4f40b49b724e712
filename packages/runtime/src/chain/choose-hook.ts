// Where packets that enter by a port meet the chain, and how they leave by it.
import { basename } from 'node:path';
import { CompileError, refusedHook } from '@twinpath/compiler/run';
import type { Offload } from '@twinpath/linux';
import type { PortSpec } from '@twinpath/vnf/chain';

export interface HookChoice {
  readonly hook: 'xdp' | 'tcx';
  /** What tcx sends out of the port is handed to its other end. */
  readonly handsOver: boolean;
  /** For people, behind "because". */
  readonly why: string;
}

/** What is known of the interface. */
export interface HookFacts {
  /** A chain of this name, whose process is gone, has its XDP program there. */
  readonly isLeft: boolean;
  /** What rtnetlink calls its kind; of hardware nothing. */
  readonly kind: string | undefined;
  /** As it calls itself. */
  readonly driver: string | undefined;
  /** The other end of a veth, where it can be reached; `unfinished`: what senders there leave to the wire. */
  readonly peer: { readonly hasXdp: boolean; readonly unfinished: readonly Offload[] } | undefined;
  /** Why handing over cannot be, or would pass something by; `undefined`: nothing speaks against it. */
  readonly againstHandOver: string | undefined;
  /** Asked only where nothing else decides: it is tried. */
  hasNativeXdp(): boolean;
}

/** Its functions cannot do with all hooks: so all ports that leave it open have this one. */
export type HookNeeded = Pick<HookChoice, 'hook' | 'why'>;

export const leavesHookOpen = ({ hook = 'auto', mode }: PortSpec): boolean => hook === 'auto' && mode === undefined;

/** The one to try where a function cannot be compiled for a hook. */
export function hookInstead(error: unknown): HookNeeded | undefined {
  if (!(error instanceof CompileError)) return undefined;
  for (const diagnostic of error.diagnostics) {
    const refused = refusedHook(diagnostic);
    if (refused === undefined) continue;
    const { file, line, message } = diagnostic;
    return { hook: refused === 'xdp' ? 'tcx' : 'xdp', why: `${basename(file)}:${line}: ${message}` };
  }
  return undefined;
}

/** What enters by these are buffers that somebody on this host has filled. In tcx they stay as they are. */
const FILLED_HERE: ReadonlyMap<string, string> = new Map([
  ['veth', 'a veth brings buffers of senders on this host, which XDP would copy'],
  ['tun', 'a TAP interface brings buffers of programs on this host, which XDP would take apart'],
]);

export function chooseHook(spec: PortSpec, facts: HookFacts, needed?: HookNeeded): HookChoice {
  const { hook = 'auto', handOver } = spec;
  const chosen = hook === 'auto' ? chosenFor(spec, facts, needed) : { hook, why: 'the port says so' };
  if (chosen.hook === 'xdp') return { ...chosen, handsOver: false };
  if (hook === 'tcx' || handOver !== undefined || facts.kind !== 'veth')
    return { ...chosen, handsOver: handOver === true };
  const { againstHandOver: against } = facts;
  const more = against === undefined ? 'it hands over to the other end' : `it does not hand over: ${against}`;
  return { hook: 'tcx', handsOver: against === undefined, why: `${chosen.why}; ${more}` };
}

function chosenFor({ mode, handOver }: PortSpec, facts: HookFacts, needed: HookNeeded | undefined): HookNeeded {
  const { driver, kind = '', peer } = facts;
  const its = driver === undefined ? 'the driver' : `the driver ${driver}`;
  if (facts.isLeft) return { hook: 'xdp', why: 'the chain was there before this process' };
  if (mode !== undefined) return { hook: 'xdp', why: `the port says mode ${mode}` };
  if (handOver === true) return { hook: 'tcx', why: 'the port hands over, which tcx does' };
  if (needed !== undefined && (needed.hook === 'tcx' || facts.hasNativeXdp())) return needed;
  if (peer?.hasXdp === true) return { hook: 'xdp', why: 'its other end runs XDP, whose frames come without buffers' };
  const filled = FILLED_HERE.get(kind);
  if (filled !== undefined) return { hook: 'tcx', why: `${filled}${unfinished(peer?.unfinished ?? [])}` };
  if (facts.hasNativeXdp()) return { hook: 'xdp', why: `${its} has native XDP` };
  return { hook: 'tcx', why: `${its} has no native XDP` };
}

/** What its end of the wire leaves to it. */
const unfinished = (offloads: readonly Offload[]) =>
  offloads.length === 0 ? '' : ` and would want without ${offloads.join(', ')}`;
