import type { Fd } from '../fd.ts';
import { currentNamespace, openNamespace } from '../namespace/enter.ts';
import { listNamespaces } from '../namespace/named.ts';
import { isSyscallError } from '../syscall-error.ts';
import { getLink } from './link.ts';
import type { Link } from './link-info.ts';
import { Netlink } from './socket.ts';

const RTM_GETNSID = 90;
const NETNSA_NSID = 1;
const NETNSA_FD = 3;

/** The other end of a veth. */
export interface Peer {
  readonly link: Link;
  /** Its namespace's name; `undefined`: that of this thread. */
  readonly namespace: string | undefined;
}

/** The other end of a veth of `namespace`, where it is to be found: there, in this thread's namespace, or in one with a name.
 *  @param name of `namespace`; `undefined`: that of this thread. */
export function findPeer(netlink: Netlink, link: Link, name: string | undefined): Peer | undefined {
  const { peerIfindex, peerNamespaceId } = link;
  if (link.kind !== 'veth' || peerIfindex === undefined) return undefined;
  if (peerNamespaceId === undefined) return linkIn(name, peerIfindex);
  return [undefined, ...listNamespaces()]
    .filter((candidate) => idOf(netlink, candidate) === peerNamespaceId)
    .map((candidate) => linkIn(candidate, peerIfindex))
    .find((found) => found !== undefined);
}

function linkIn(namespace: string | undefined, ifindex: number): Peer | undefined {
  try {
    using netlink = new Netlink(namespace);
    return { link: getLink(netlink, ifindex), namespace };
  } catch (error) {
    if (!isSyscallError(error, 'ENODEV')) throw error;
    return undefined;
  }
}

/** What a namespace is called in that of `netlink`; below 0: nothing. */
function idOf(netlink: Netlink, namespace: string | undefined): number | undefined {
  using fd = open(namespace);
  if (fd === undefined) return undefined;
  const answer = netlink.get({
    call: 'RTM_GETNSID',
    type: RTM_GETNSID,
    subject: `network namespace ${namespace ?? 'of this thread'}`,
    body: (writer) => writer.u32(0).attribute(NETNSA_FD, (value) => value.u32(fd.number)),
  });
  return answer?.attributes(4).get(NETNSA_NSID)?.i32();
}

function open(namespace: string | undefined): Fd | undefined {
  if (namespace === undefined) return currentNamespace();
  try {
    return openNamespace(namespace);
  } catch (error) {
    // Gone meanwhile, or a name that a crash left behind.
    if (isSyscallError(error, 'ENOENT', 'EINVAL')) return undefined;
    throw error;
  }
}
