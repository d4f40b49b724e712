import { BpfProgram, listBpfLinks } from '@twinpath/ebpf';
import {
  currentNamespace,
  type Fd,
  getLink,
  isSyscallError,
  type Link,
  listLinks,
  Netlink,
  openNamespace,
} from '@twinpath/linux';
import { readRecord, recordedChains } from '../host/record.ts';
import { ChainError } from './chain-error.ts';
import type { ChainSpec } from './spec.ts';

export interface OpenPort {
  readonly namespace: Fd;
  readonly ifindex: number;
}

/** The interface of a chain, which must exist and have no XDP program. @throws ChainError */
export function openPort({ name, port }: ChainSpec): OpenPort {
  using stack = new DisposableStack();
  const namespace = stack.use(enter(name, port.namespace));
  using netlink = new Netlink(namespace);
  const link = find(netlink, name, port.interface, port.namespace);
  if (link.xdp !== undefined) throw taken(name, link, link.xdp);
  stack.move();
  return { namespace, ifindex: link.ifindex };
}

function enter(chain: string, namespace: string | undefined): Fd {
  if (namespace === undefined) return currentNamespace();
  try {
    return openNamespace(namespace);
  } catch (cause) {
    if (!isSyscallError(cause, 'ENOENT') && !(cause instanceof RangeError)) throw cause;
    const hint = '`ip netns` lists the namespaces that there are';
    throw new ChainError('TP_NAMESPACE', chain, `there is no network namespace ${namespace}`, { hint, cause });
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
  const why = `${name} has an XDP program already: ${programName(programId)} (id ${programId}, ${mode}${owner ?? ''})`;
  const ours = owner === undefined ? undefined : /chain ([a-z0-9-]+)/.exec(owner)?.[1];
  const hint =
    ours === undefined ? `remove it: ip link set dev ${name} xdp off, or bpftool link detach` : `twinpath down ${ours}`;
  return new ChainError('TP_INTERFACE_TAKEN', chain, why, { hint });
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
