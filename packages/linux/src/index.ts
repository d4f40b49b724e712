export { pinThread } from './affinity.ts';
export { BpfCommand, bpf } from './bpf.ts';
export { bpffsPath, isBpffs, mountBpffs } from './bpffs.ts';
export { type Capability, capabilities, hasCapability } from './capability.ts';
export { type Clock, clockNs } from './clock.ts';
export { getDriver } from './driver.ts';
export { type EchoReply, EchoSocket } from './echo-socket.ts';
export { EdgeWatch } from './epoll.ts';
export { Errno, errnoName } from './errno.ts';
export { clearEventFd, createEventFd, signalEventFd } from './event-fd.ts';
export { Fd, openFds, traceFds } from './fd.ts';
export { FdWait } from './fd-wait.ts';
export { forbidMemory } from './forbid-memory.ts';
export { giveBackMemory, memoryHeld } from './give-back-memory.ts';
export { createHoldings, type Holdings, recordHoldings, releaseHoldings } from './holdings.ts';
export { type KernelVersion, kernelVersion, onlineCpus, parseKernelVersion, possibleCpus } from './kernel.ts';
export { MappedMemory, type MappingOptions, pageSize } from './mapped-memory.ts';
export { raiseMemlockLimit } from './memlock.ts';
export {
  currentNamespace,
  inNamespace,
  inNewNamespace,
  isCurrentNamespace,
  type NamespaceRef,
  openNamespace,
  type Synchronous,
} from './namespace/enter.ts';
export { createNamespace, deleteNamespace, listNamespaces } from './namespace/named.ts';
export { connectIn, udpIn } from './namespace-sockets.ts';
export { keepAlive, NativeBuffer } from './native-buffer.ts';
export { addAddress, deleteAddress, type InterfaceAddress, listAddresses } from './netlink/address.ts';
export {
  addBpfFilter,
  addClsact,
  deleteClsact,
  deleteFilter,
  type Filter,
  type FilterPlace,
  hasClsact,
  listFilters,
  type NewBpfFilter,
  replaceBpfFilter,
} from './netlink/clsact.ts';
export {
  createBridge,
  createDummy,
  createVeth,
  deleteLink,
  getLink,
  type LinkChange,
  type LinkRef,
  listLinks,
  type NewLink,
  setLink,
} from './netlink/link.ts';
export type { AttachedXdp, Link, LinkStatistics } from './netlink/link-info.ts';
export { type NetworkEvent, NetworkMonitor, type NetworkMonitorOptions } from './netlink/monitor.ts';
export {
  addNeighbour,
  deleteNeighbour,
  listNeighbours,
  type Neighbour,
  type NeighbourState,
  useNeighbour,
} from './netlink/neighbour.ts';
export { findPeer, type Peer } from './netlink/peer.ts';
export {
  addRoute,
  deleteRoute,
  findRoute,
  listRoutes,
  type NextHop,
  type Route,
  type RouteSpec,
} from './netlink/route.ts';
export { routesByDestination } from './netlink/rule.ts';
export { Netlink } from './netlink/socket.ts';
export { getOffload, type Offload, setOffload } from './offload.ts';
export type { BatchedFrame, PacketBatch } from './packet-batch.ts';
export type { SendOptions } from './packet-sender.ts';
export { PacketSocket, type PacketSocketOptions } from './packet-socket.ts';
export { pageAligned } from './page-aligned.ts';
export { type PeerCredentials, peerCredentials } from './peer-credentials.ts';
export { FdPoll, pollFd } from './poll.ts';
export { ServiceManager, watchdogMs } from './service-manager.ts';
export { withoutSignals } from './signals.ts';
export { check, isSyscallError, type SyscallContext, SyscallError } from './syscall-error.ts';
export { readSysctl, writeSysctl } from './sysctl.ts';
export { Tap, type TapOptions } from './tap.ts';
export type { VirtioNetHeader } from './virtio-net-header.ts';
export { type XdpRing, type XdpRingKind, xdpRingBytes, xdpRingKinds } from './xdp-ring.ts';
export { type Umem, XdpSocket, type XdpSocketOptions, type XdpStatistics } from './xdp-socket.ts';
export { wakeXdpReceiver, wakeXdpSender } from './xdp-wake.ts';
