// Where packets that enter by a port meet the chain.
import { assembleProgram, attachXdp, BpfProgram } from '@twinpath/ebpf';
import { type Fd, inNamespace, isSyscallError } from '@twinpath/linux';
import type { PortSpec } from '@twinpath/vnf/chain';
import { PROGRAM_PREFIX } from '../host/paths.ts';

export interface HookChoice {
  readonly hook: 'xdp' | 'tcx';
  /** For people, behind "because". */
  readonly why: string;
}

/** What is known of the interface. */
export interface HookFacts {
  /** A chain of this name, whose process is gone, has its XDP program there. */
  readonly isLeft: boolean;
  /** Asked only where nothing else decides: it is tried. */
  hasNativeXdp(): boolean;
}

export function chooseHook({ hook = 'auto', mode, handOver }: PortSpec, facts: HookFacts): HookChoice {
  if (hook === 'tcx') return { hook, why: 'the port says so' };
  if (facts.isLeft) return { hook: 'xdp', why: 'the chain was there before this process' };
  if (hook === 'xdp') return { hook, why: 'the port says so' };
  if (mode !== undefined) return { hook: 'xdp', why: `the port says mode ${mode}` };
  if (handOver === true) return { hook: 'tcx', why: 'the port hands over, which tcx does' };
  if (facts.hasNativeXdp()) return { hook: 'xdp', why: 'the driver has native XDP' };
  return { hook: 'tcx', why: 'the driver has no native XDP' };
}

/** Drivers do not say it before it is tried. */
export function hasNativeXdp(ifindex: number, namespace: Fd): boolean {
  using program = BpfProgram.load(assembleProgram(`${PROGRAM_PREFIX}probe`, 'xdp', 'r0 = 2\nexit'));
  try {
    inNamespace(namespace, () => attachXdp({ program, ifindex, mode: 'native' })[Symbol.dispose]());
    return true;
  } catch (error) {
    if (!isSyscallError(error, 'EOPNOTSUPP', 'ERANGE', 'EINVAL')) throw error;
    return false;
  }
}
