// What speaks for a hook: the interface, its driver, and the other end of a veth.

import { assembleProgram, attachXdp, BpfProgram, queryTcx, type TcxEntry } from '@twinpath/ebpf';
import {
  type Fd,
  findPeer,
  getDriver,
  getOffload,
  inNamespace,
  isSyscallError,
  type Link,
  type Netlink,
  type Offload,
  type Peer,
} from '@twinpath/linux';
import type { PortSpec } from '@twinpath/vnf/chain';
import { PROGRAM_PREFIX } from '../host/paths.ts';
import { within } from '../host/settings.ts';
import type { HookFacts } from './choose-hook.ts';

export interface HookPlace {
  readonly link: Link;
  readonly spec: PortSpec;
  /** Of the port's namespace. */
  readonly netlink: Netlink;
  readonly namespace: Fd;
  readonly isLeft: boolean;
  /** Links of the chain itself. */
  readonly own: ReadonlySet<number>;
}

const LEFT_TO_THE_WIRE = ['tso', 'tx-checksum'] as const satisfies readonly Offload[];

/** Whether a driver attaches a program: asked of it, or answered without. */
export type NativeXdpTrial = (ifindex: number, namespace: Fd) => boolean;

export function hookFacts(place: HookPlace, tries: NativeXdpTrial = hasNativeXdp): HookFacts {
  const { link, spec, netlink, namespace, isLeft } = place;
  const { kind, name, ifindex } = link;
  const peer = findPeer(netlink, link, spec.namespace);
  return {
    isLeft,
    kind,
    driver: inNamespace(namespace, () => getDriver(name)),
    peer: peer === undefined ? undefined : { hasXdp: peer.link.xdp !== undefined, unfinished: unfinishedOf(peer) },
    againstHandOver: againstHandOver(place, peer),
    hasNativeXdp: () => link.xdp !== undefined || tries(ifindex, namespace),
  };
}

/** The kernel drops what is handed over inside of a namespace. `undefined`: it can. */
export function cannotHandOver({ kind, peerNamespaceId }: Link): string | undefined {
  if (kind !== 'veth') return 'it is no veth';
  return peerNamespaceId === undefined ? 'its other end is in the same namespace' : undefined;
}

/** Handing over passes by what is on the way out here. */
function againstHandOver({ link, namespace, own }: HookPlace, peer: Peer | undefined): string | undefined {
  const { qdisc = 'noqueue' } = link;
  const cannot = cannotHandOver(link);
  if (cannot !== undefined) return cannot;
  if (peer === undefined) return 'its other end is out of reach';
  if (qdisc !== 'noqueue') return `what leaves is queued by ${qdisc}`;
  const others = othersOn({ link, namespace, own }, 'egress');
  if (others.length > 0) return `${others.join(', ')} would not see what leaves`;
  return undefined;
}

const unfinishedOf = ({ link: { name }, namespace }: Peer) =>
  within(namespace, () => LEFT_TO_THE_WIRE.filter((offload) => getOffload(name, offload)));

/** Names of programs on a tcx hook that are not the chain's. */
export function othersOn(
  { link: { ifindex }, namespace, own }: Pick<HookPlace, 'link' | 'namespace' | 'own'>,
  direction: 'ingress' | 'egress',
): readonly string[] {
  return entriesOn(ifindex, direction, namespace).flatMap(({ linkId, programId }) =>
    own.has(linkId) ? [] : [programName(programId)],
  );
}

function entriesOn(ifindex: number, direction: 'ingress' | 'egress', namespace: Fd): readonly TcxEntry[] {
  try {
    return inNamespace(namespace, () => queryTcx(ifindex, direction));
  } catch (error) {
    // A kernel without tcx.
    if (!isSyscallError(error, 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP')) throw error;
    return [];
  }
}

export function programName(id: number): string {
  try {
    using program = BpfProgram.fromId(id);
    return program.name;
  } catch (error) {
    // Gone meanwhile, or not ours to see: the id must do.
    if (!isSyscallError(error, 'ENOENT', 'EPERM')) throw error;
    return 'a program';
  }
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
