// `sockets` is an xskmap: the AF_XDP socket, if there is one, of each receive queue of each port. Only functions with a reason whose
// `way` is 'xsk' have it. A socket gets the record that the ring would get (event.ts), in front of the packet.
import type { MapSpec } from '@twinpath/ebpf';
import type { FunctionPlan } from '@twinpath/vnf/plan';

export const SOCKETS = 'sockets';
/** Queues of a port that can have one; packets of further queues go by the ring. */
export const SOCKET_QUEUES = 64;
const MOST_PORTS = 64;
/** Bytes of a socket's frame, of which the kernel takes XDP_PACKET_HEADROOM. */
export const SOCKET_FRAME = 4096;
export const MAX_SOCKET_RECORD = SOCKET_FRAME - 256;

/** `port`: its index in the function. */
export const socketIndex = (port: number, queue: number): number => port * SOCKET_QUEUES + queue;

export const socketMaps = ({ reasons }: FunctionPlan): readonly MapSpec[] =>
  reasons.some(({ way }) => way === 'xsk')
    ? [{ name: SOCKETS, type: 'xskmap', keySize: 4, valueSize: 4, maxEntries: MOST_PORTS * SOCKET_QUEUES }]
    : [];
