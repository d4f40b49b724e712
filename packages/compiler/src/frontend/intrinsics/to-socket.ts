// `way: 'xsk'`: the packet itself goes to the AF_XDP socket of the queue that it came by, with the event's header and metadata put
// in front of it: the record that the ring would carry.
import type { ReasonPlan } from '@twinpath/vnf/plan';
import { MAX_SOCKET_RECORD, SOCKET_QUEUES, SOCKETS } from '../../abi/sockets.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Lowering } from '../lowering.ts';
import type { Site } from '../path.ts';
import { type Code, n } from './code.ts';
import { inNextEpoch, moveStart } from './headers/move.ts';
import { type Piece, storePieces } from './memory/piece.ts';
import { scratchSlot } from './memory/scratch-slots.ts';
import { frameLength } from './packet/length.ts';
import { inboundPort } from './packet/port.ts';
import { returnAborted, returnResult, XDP_DROP } from './return-codes.ts';
import { joined } from './rewrite/covering.ts';

/** xdp_md: rx_queue_index. */
const QUEUE = 16;

/** Whether packets of this reason are for a socket. */
export function isForSocket(lowering: Lowering, { way, kind, name }: ReasonPlan, site: Site): boolean {
  const { target } = lowering;
  if (way !== 'xsk') return false;
  const what = `reason ${name} by way of 'xsk'`;
  if (target.hook !== 'xdp') {
    lowering.fail(site, 'TP5006', what, target.hook, 'AF_XDP sockets get packets from XDP only: leave `way` out');
  }
  if (kind !== 'packetIn') {
    lowering.fail(
      site,
      'TP5006',
      what,
      target.hook,
      'XDP has one packet only, and a socket gets that: copies go by `ring`',
    );
  }
  return true;
}

export interface ToSocket {
  /** Bytes of the header and of the metadata. */
  readonly prefix: number;
  /** How often the slow path has sent the packet here again: then it came by no queue. */
  readonly trips: ValueId;
  /** What stands there, of a packet of so many bytes. */
  readonly pieces: (code: Code, length: ValueId) => readonly Piece[];
  /** Counts what goes to the socket. */
  readonly count: (code: Code) => Code;
}

/** Gives where there is no socket, or no room for the record: the ring is left. */
export function sendToSocket(start: Code, { prefix, trips, pieces, count }: ToSocket): readonly Code[] {
  const { lowering } = start;
  const first = start.when('eq', trips, n(0), 'then');
  const others: Code[] = [inNextEpoch(first.otherwise)];
  for (const { path, value: port } of inboundPort(lowering, first.then.path)) {
    if (port.kind !== 'name') throw new Error('a port has a name');
    const code = start.on(path);
    const queue = code.context(QUEUE);
    const near = code.when('ult', queue, n(SOCKET_QUEUES), 'then');
    const index = near.then.alu('add', near.then.alu('mul', port.id, n(SOCKET_QUEUES)), queue);
    const key = scratchSlot(near.then, 'key', 4);
    storePieces(near.then, key, 0, 4, [{ offset: 0, bits: 32, value: index }]);
    const there = near.then.when('ne', near.then.lookup(SOCKETS, key), n(0), 'then');
    const length = frameLength(there.then);
    const short = there.then.when('ule', length, n(MAX_SOCKET_RECORD - prefix), 'then');
    const record = pieces(short.then, length);
    const { moved, failed } = moveStart(short.then, short.then.id(n(-prefix)), prefix);
    const [full, beyond] = failed;
    if (full === undefined || beyond === undefined) throw new Error('moving fails in two ways');
    returnAborted(beyond);
    storePieces(moved.code, moved.start, 0, prefix, record);
    const counted = count(moved.code);
    returnResult(counted, counted.call('redirect_map', [counted.map(SOCKETS), index, n(XDP_DROP)]));
    others.push(...[near.otherwise, there.otherwise, short.otherwise].map((on) => inNextEpoch(on)), full);
  }
  return joined(others);
}
