import { BpfProgram, listBpfLinks, queryTcx, type TcxEntry } from '@twinpath/ebpf';
import { type Fd, getLink, inNamespace, isSyscallError, type Link, listLinks, Netlink } from '@twinpath/linux';
import type { Log } from '@twinpath/vnf';
import type { ChainSpec, PortMode, PortSpec, WiredPort } from '@twinpath/vnf/chain';
import type { LeftLink } from '../host/left-behind.ts';
import { type ChainRecord, readRecord, recordedChains } from '../host/record.ts';
import type { WiredInterface } from '../kernel/kernel-wiring.ts';
import { prepareVethPeer, type VethEnd } from '../kernel/veth-peer.ts';
import { ChainError } from './chain-error.ts';
import type { ChainNamespaces } from './chain-namespaces.ts';
import { chooseHook, type HookChoice, hasNativeXdp } from './choose-hook.ts';

/** A port of a chain on this host. */
export interface OpenPort extends WiredPort {
  readonly spec: PortSpec;
  /** Of XDP. */
  readonly mode: PortMode;
}

/** One whose programs are the kernel's. */
export type KernelPort = OpenPort & WiredInterface & Pick<HookChoice, 'why'>;

/** Brings about what ports need that are not the only ones concerned: the other ends of veths. */
export function preparePorts(
  ports: Iterable<KernelPort>,
  { log, onSetting }: { readonly log: Log } & Pick<VethEnd, 'onSetting'>,
): void {
  for (const { ifindex, hook, isVeth, spec, within } of ports) {
    if (hook !== 'xdp' || isVeth !== true) continue;
    using netlink = new Netlink(within);
    prepareVethPeer({ link: getLink(netlink, ifindex), namespace: spec.namespace, netlink, log, onSetting });
  }
}

export interface PortsWanted {
  readonly spec: ChainSpec;
  readonly names: readonly string[];
  readonly namespaces: ChainNamespaces;
  readonly log: Log;
  /** Links of a chain of this name whose process is gone. */
  readonly left?: readonly LeftLink[];
}

/** The interfaces of ports: they must exist, and those for XDP must have no XDP program of others. @throws ChainError */
export function openPorts({ spec, names, namespaces, log, left = [] }: PortsWanted): Map<string, KernelPort> {
  const opened = names.flatMap((name) => {
    const port = spec.ports[name];
    if (port === undefined) return [];
    const namespace = namespaces.get(port.namespace);
    using netlink = new Netlink(namespace);
    return [[name, openPort(spec.name, port, { netlink, namespace, log, left })] as const];
  });
  return new Map(opened);
}

/** As a chain's record has them. */
export function recordedPorts(ports: ReadonlyMap<string, KernelPort>): ChainRecord['ports'] {
  return [...ports].map(([name, { spec, ifindex }]) => {
    const { interface: link, namespace } = spec;
    return { name, interface: link, ifindex, ...(namespace !== undefined && { namespace }) };
  });
}

interface Place {
  readonly netlink: Netlink;
  readonly namespace: Fd;
  readonly log: Log;
  readonly left: readonly LeftLink[];
}

function openPort(chain: string, spec: PortSpec, { netlink, namespace, log, left }: Place): KernelPort {
  const link = find(netlink, chain, spec.interface, spec.namespace);
  const { ifindex } = link;
  const isOurs = left.some(({ hook, programId }) => hook === 'xdp' && programId === link.xdp?.programId);
  const { hook, why } = chooseHook(spec, {
    isLeft: isOurs,
    hasNativeXdp: () => link.xdp !== undefined || hasNativeXdp(ifindex, namespace),
  });
  if (link.xdp !== undefined && !isOurs && hook === 'xdp') throw taken(chain, link, link.xdp);
  const handsOver = spec.handOver === true && canHandOver(chain, link);
  if (spec.hook !== 'tcx' && hook === 'tcx' && !handsOver) {
    const way = "packets meet the chain in tcx; `mode: 'generic'` would take XDP in the stack, which is slower";
    log.warn(`the driver of ${link.name} has no native XDP: ${way}`);
  }
  if (link.xdp !== undefined && !isOurs) {
    log.info(`${programName(link.xdp.programId)} sees packets of ${link.name} first: it is its XDP program`);
  }
  tellOthers(link, { namespace, log, left });
  const where = { within: namespace, namespace: spec.namespace };
  return { spec, ifindex, hook, mode: spec.mode ?? 'native', isVeth: link.kind === 'veth', handsOver, why, ...where };
}

/** The kernel drops what is handed over inside of a namespace. @throws ChainError */
function canHandOver(chain: string, { name, kind, peerNamespaceId }: Link): true {
  if (kind === 'veth' && peerNamespaceId !== undefined) return true;
  const why = kind === 'veth' ? 'its other end is in the same namespace' : 'it is no veth';
  throw new ChainError('TP_INTERFACE', chain, `${name} cannot hand over: ${why}`, { hint: 'leave `handOver` out' });
}

/** Programs on the interface's tcx hooks stay, nearer to the wire than ours. */
function tellOthers({ name, ifindex }: Link, { namespace, log, left }: Omit<Place, 'netlink'>): void {
  for (const direction of ['ingress', 'egress'] as const) {
    const programs = othersOn(ifindex, direction, namespace).flatMap(({ linkId, programId }) =>
      left.some(({ id }) => id === linkId) ? [] : [programName(programId)],
    );
    if (programs.length === 0) continue;
    const order = direction === 'ingress' ? 'before' : 'behind';
    log.info(`${programs.join(', ')} on ${direction} of ${name} (tcx) stay, ${order} the chain`);
  }
}

function othersOn(ifindex: number, direction: 'ingress' | 'egress', namespace: Fd): readonly TcxEntry[] {
  try {
    return inNamespace(namespace, () => queryTcx(ifindex, direction));
  } catch (error) {
    // A kernel without tcx.
    if (!isSyscallError(error, 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP')) throw error;
    return [];
  }
}

function find(netlink: Netlink, chain: string, name: string, namespace: string | undefined): Link {
  try {
    return getLink(netlink, name);
  } catch (cause) {
    if (!isSyscallError(cause, 'ENODEV', 'ERANGE', 'EINVAL')) throw cause;
    const known = listLinks(netlink).map((link) => link.name);
    const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
    const hint = `interfaces${where} are ${known.join(', ')}`;
    throw new ChainError('TP_INTERFACE', chain, `there is no interface ${name}${where}`, { hint, cause });
  }
}

function taken(chain: string, { name }: Link, { programId, mode }: NonNullable<Link['xdp']>): ChainError {
  const owner = ownerOf(programId);
  const program = programName(programId);
  const why = `${name} has an XDP program already: ${program} (id ${programId}, ${mode}${owner ?? ''})`;
  const ours = owner === undefined ? undefined : /chain ([a-z0-9-]+)/.exec(owner)?.[1];
  return new ChainError('TP_INTERFACE_TAKEN', chain, why, {
    hint: ours === undefined ? hintFor(name, program) : `twinpath down ${ours}`,
  });
}

/** libxdp's dispatcher is an XDP program that calls those of others. */
function hintFor(name: string, program: string): string {
  if (program === 'xdp_dispatcher') {
    return `it is libxdp's dispatcher: xdp-loader status ${name} shows what runs in it, and unload takes it off; or let packets enter by \`hook: tcx\`, behind it`;
  }
  return `remove it: ip link set dev ${name} xdp off, or bpftool link detach; or let packets enter by \`hook: tcx\`, behind it`;
}

function programName(id: number): string {
  try {
    using program = BpfProgram.fromId(id);
    return program.name;
  } catch (error) {
    // Gone meanwhile, or not ours to see: the id must do.
    if (!isSyscallError(error, 'ENOENT', 'EPERM')) throw error;
    return 'a program';
  }
}

/** Which chain of ours a program belongs to. */
function ownerOf(programId: number): string | undefined {
  const ids = new Set(
    listBpfLinks()
      .filter((link) => link.programId === programId)
      .map(({ id }) => id),
  );
  for (const chain of recordedChains()) {
    const record = readRecord(chain);
    if (record?.links.some(({ id }) => ids.has(id))) return `, chain ${chain}, process ${record.process.pid}`;
  }
  return undefined;
}
