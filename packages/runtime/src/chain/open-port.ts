import { listBpfLinks } from '@twinpath/ebpf';
import { getLink, isSyscallError, type Link, listLinks, Netlink } from '@twinpath/linux';
import type { Log } from '@twinpath/vnf';
import type { ChainSpec, PortMode, PortSpec, WiredPort } from '@twinpath/vnf/chain';
import type { LeftLink } from '../host/left-behind.ts';
import { type ChainRecord, readRecord, recordedChains } from '../host/record.ts';
import type { WiredInterface } from '../kernel/kernel-wiring.ts';
import { prepareVethPeer, type VethEnd } from '../kernel/veth-peer.ts';
import { ChainError } from './chain-error.ts';
import type { ChainNamespaces } from './chain-namespaces.ts';
import { chooseHook, type HookChoice, type HookNeeded, leavesHookOpen } from './choose-hook.ts';
import { cannotHandOver, type HookPlace, hookFacts, type NativeXdpTrial, othersOn, programName } from './hook-facts.ts';

/** A port of a chain on this host. */
export interface OpenPort extends WiredPort {
  readonly spec: PortSpec;
  /** Of XDP. */
  readonly mode: PortMode;
}

/** One whose programs are the kernel's. */
export type KernelPort = OpenPort & WiredInterface & Pick<HookChoice, 'why'>;

export interface PortsPrepared extends Pick<VethEnd, 'log' | 'onSetting'> {
  /** All of the chain. */
  readonly ports: ReadonlyMap<string, KernelPort>;
  /** What was done already. */
  readonly done: Set<string>;
}

/** Says where packets of ports will meet the chain, and brings about what other ends of veths need that XDP is on, or sends out of. */
export function preparePorts({ ports, done, log, onSetting }: PortsPrepared): void {
  const once = (what: string) => !done.has(what) && done.add(what);
  const hasXdp = [...ports.values()].some(({ hook }) => hook === 'xdp');
  for (const [name, { ifindex, hook, isVeth, spec, within, why }] of ports) {
    const port = `${name} ${ifindex} ${hook}`;
    if (leavesHookOpen(spec) && once(port)) {
      log.info(`packets of ${spec.interface} meet the chain in ${hook}, because ${why}`);
    }
    if (isVeth !== true || !hasXdp || !once(`${port} peer`)) continue;
    using netlink = new Netlink(within);
    const link = getLink(netlink, ifindex);
    const receives = hook === 'xdp';
    prepareVethPeer({ link, namespace: spec.namespace, netlink, receives, log, onSetting });
  }
}

export interface PortsWanted {
  readonly spec: ChainSpec;
  readonly names: readonly string[];
  readonly namespaces: ChainNamespaces;
  readonly log: Log;
  /** Links of a chain of this name whose process is gone. */
  readonly left?: readonly LeftLink[];
  /** Of ports that leave it open. */
  readonly needed?: HookNeeded | undefined;
  /** How it is found out what a driver can. Default: it is tried. */
  readonly tries?: NativeXdpTrial;
  /** Whose XDP program will be gone by then. Default: of none. */
  isLetGo?(port: PortSpec): boolean;
}

/** The interfaces of ports: they must exist, and those for XDP must have no XDP program of others. @throws ChainError */
export function openPorts(wanted: PortsWanted): Map<string, KernelPort> {
  const { spec, names, namespaces, left = [] } = wanted;
  const own = new Set([...left, ...(readRecord(spec.name)?.links ?? [])].map(({ id }) => id));
  const opened = names.flatMap((name) => {
    const port = spec.ports[name];
    if (port === undefined) return [];
    const namespace = namespaces.get(port.namespace, ['ports', name, 'namespace']);
    using netlink = new Netlink(namespace);
    const link = find(netlink, spec.name, name, port);
    const isLeft = left.some(({ hook, programId }) => hook === 'xdp' && programId === link.xdp?.programId);
    return [[name, openPort(name, { link, spec: port, netlink, namespace, isLeft, own }, wanted)] as const];
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

function openPort(name: string, place: HookPlace, wanted: PortsWanted): KernelPort {
  const { link, namespace, spec } = place;
  const { log, needed, tries, isLetGo } = wanted;
  const { name: chain } = wanted.spec;
  const facts = hookFacts(place, tries);
  const { hook, handsOver, why } = chooseHook(spec, facts, needed);
  const cannot = handsOver ? cannotHandOver(link) : undefined;
  if (cannot !== undefined) {
    const hint = 'leave `handOver` out';
    const path = ['ports', name, 'handOver'];
    throw new ChainError('TP_INTERFACE', chain, `${link.name} cannot hand over: ${cannot}`, { hint, path });
  }
  if (link.xdp !== undefined && !facts.isLeft && isLetGo?.(spec) !== true) {
    if (hook === 'xdp') throw taken(chain, ['ports', name, 'interface'], link, link.xdp);
    log.info(`${programName(link.xdp.programId)} sees packets of ${link.name} first: it is its XDP program`);
  }
  tellOthers(log, place);
  const where = { within: namespace, namespace: spec.namespace };
  const { ifindex, kind } = link;
  return { spec, ifindex, hook, mode: spec.mode ?? 'native', isVeth: kind === 'veth', handsOver, why, ...where };
}

/** Programs on the interface's tcx hooks stay, nearer to the wire than ours. */
function tellOthers(log: Log, place: HookPlace): void {
  for (const direction of ['ingress', 'egress'] as const) {
    const programs = othersOn(place, direction);
    if (programs.length === 0) continue;
    const order = direction === 'ingress' ? 'before' : 'behind';
    log.info(`${programs.join(', ')} on ${direction} of ${place.link.name} (tcx) stay, ${order} the chain`);
  }
}

function find(netlink: Netlink, chain: string, port: string, { interface: name, namespace }: PortSpec): Link {
  try {
    return getLink(netlink, name);
  } catch (cause) {
    if (!isSyscallError(cause, 'ENODEV', 'ERANGE', 'EINVAL')) throw cause;
    const known = listLinks(netlink).map((link) => link.name);
    const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
    const hint = `interfaces${where} are ${known.join(', ')}`;
    const path = ['ports', port, 'interface'];
    throw new ChainError('TP_INTERFACE', chain, `there is no interface ${name}${where}`, { hint, cause, path });
  }
}

function taken(
  chain: string,
  path: NonNullable<ChainError['path']>,
  { name }: Link,
  { programId, mode }: NonNullable<Link['xdp']>,
): ChainError {
  const owner = ownerOf(programId);
  const program = programName(programId);
  const by = owner === undefined ? '' : `, chain ${owner.chain}, process ${owner.process.pid}`;
  const why = `${name} has an XDP program already: ${program} (id ${programId}, ${mode}${by})`;
  const hint = owner === undefined ? hintFor(name, program) : `twinpath down ${owner.chain}`;
  return new ChainError('TP_INTERFACE_TAKEN', chain, why, { hint, path });
}

/** libxdp's dispatcher is an XDP program that calls those of others. */
function hintFor(name: string, program: string): string {
  if (program === 'xdp_dispatcher') {
    return `it is libxdp's dispatcher: xdp-loader status ${name} shows what runs in it, and unload takes it off; or let packets enter by \`hook: tcx\`, behind it`;
  }
  return `remove it: ip link set dev ${name} xdp off, or bpftool link detach; or let packets enter by \`hook: tcx\`, behind it`;
}

/** Which chain of ours a program belongs to. */
function ownerOf(programId: number): ChainRecord | undefined {
  const ids = new Set(
    listBpfLinks()
      .filter((link) => link.programId === programId)
      .map(({ id }) => id),
  );
  for (const chain of recordedChains()) {
    const record = readRecord(chain);
    if (record?.links.some(({ id }) => ids.has(id))) return record;
  }
  return undefined;
}
