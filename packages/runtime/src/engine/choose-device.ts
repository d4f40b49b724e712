// Which way to an interface this process may go: AF_XDP, a packet socket, or a TAP interface.

import {
  capabilities,
  currentNamespace,
  getLink,
  isSyscallError,
  type Link,
  Netlink,
  openNamespace,
  Tap,
} from '@twinpath/linux';
import type { PortSpec } from '@twinpath/vnf/chain';
import { ChainError } from '../chain/chain-error.ts';
import { hasNativeXdp } from '../chain/hook-facts.ts';

export type DeviceChoice =
  | { readonly kind: 'xdp' | 'packet'; readonly link: Link; readonly why: string }
  /** `link`: it is there already, and its maker lets this process work with it. */
  | { readonly kind: 'tap'; readonly link: Link | undefined; readonly why: string };

/** @throws ChainError: none. */
export function chooseDevice(chain: string, { interface: name, namespace, mode }: PortSpec): DeviceChoice {
  const link = find(name, namespace);
  const present = capabilities();
  if (link === undefined) {
    if (present.has('CAP_NET_ADMIN')) return { kind: 'tap', link, why: `there is no interface ${name}: it is made` };
    const hint = `have it made for you: ip tuntap add mode tap name ${name} user $USER; ip link set ${name} up`;
    throw new ChainError('TP_INTERFACE', chain, `there is no interface ${name}, and none can be made`, { hint });
  }
  if (isFreeTap(name, namespace)) return { kind: 'tap', link, why: 'programs at its other end are the wire' };
  const forXdp = (['CAP_BPF', 'CAP_NET_ADMIN', 'CAP_NET_RAW'] as const).filter((one) => !present.has(one));
  if (forXdp.length === 0) {
    if (link.xdp !== undefined) {
      const hint = `remove it: ip link set dev ${name} xdp off, or bpftool link detach`;
      throw new ChainError('TP_INTERFACE_TAKEN', chain, `${name} has an XDP program already`, { hint });
    }
    if (mode !== undefined && mode !== 'native') return { kind: 'xdp', link, why: 'this process may' };
    using at = namespace === undefined ? currentNamespace() : openNamespace(namespace);
    if (hasNativeXdp(link.ifindex, at)) return { kind: 'xdp', link, why: 'this process may' };
    return { kind: 'packet', link, why: 'its driver has no native XDP' };
  }
  if (present.has('CAP_NET_RAW')) return { kind: 'packet', link, why: `AF_XDP wants ${forXdp.join(', ')}` };
  const hint = 'run as root; or work on a TAP interface that was made for you: ip tuntap add mode tap user $USER';
  const why = `the process lacks CAP_NET_RAW (to receive packets of ${name})`;
  throw new ChainError('TP_PRIVILEGE', chain, why, { hint });
}

function find(name: string, namespace: string | undefined): Link | undefined {
  using netlink = new Netlink(namespace);
  try {
    return getLink(netlink, name);
  } catch (error) {
    if (!isSyscallError(error, 'ENODEV', 'ERANGE', 'EINVAL')) throw error;
    return undefined;
  }
}

/** Nobody else has opened it. */
function isFreeTap(name: string, namespace: string | undefined): boolean {
  using netlink = new Netlink(namespace);
  if (getLink(netlink, name).kind !== 'tun') return false;
  try {
    new Tap({ name, ...(namespace !== undefined && { namespace }) })[Symbol.dispose]();
    return true;
  } catch (error) {
    if (!isSyscallError(error, 'EBUSY', 'EPERM', 'EACCES', 'EINVAL', 'ENOENT')) throw error;
    return false;
  }
}
