// What goes up to the slow path: a header, metadata and the packet, put together in a per-CPU scratch value and written to the
// ring buffer as one record (abi/event.ts). Each reason has a limit, kept here, before anything is copied.
import type { ReasonPlan } from '@twinpath/vnf/plan';
import { EVENT, eventPrefix, MAX_CAPTURE, MAX_METADATA, MAX_UNCUT_CAPTURE, ORIGINS } from '../../abi/event.ts';
import { CAPTURE, EVENTS, LIMITS, SCRATCH } from '../../abi/state.ts';
import { TRIPS } from '../../abi/trips.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Lowering } from '../lowering.ts';
import type { Path, Site } from '../path.ts';
import type { Value } from '../value.ts';
import { now } from './clock.ts';
import { Code, n } from './code.ts';
import { count, lookupFirst } from './counting.ts';
import { counted } from './forwarding/finish.ts';
import { inNextEpoch } from './headers/move.ts';
import { encode } from './memory/encode.ts';
import { type Piece, storePieces } from './memory/piece.ts';
import { scratchSlot } from './memory/scratch-slots.ts';
import { besideControl, besideProtocol, isBeside, mayHaveBeside } from './packet/beside.ts';
import { frameLength } from './packet/length.ts';
import { ifindex } from './packet/port.ts';
import { returnAborted, SKB } from './return-codes.ts';
import { toInterface } from './to-interface.ts';
import { isForSocket, sendToSocket, type ToSocket } from './to-socket.ts';

const SECOND = 1_000_000_000n;
/** How much of its second a reason may use at once. */
const BURST_NS = SECOND;
/** __sk_buff: gso_size. */
const SKB_GSO_SIZE = 176;

/** The paths on which it went up, and on which it did not: over the limit, or the ring was full (both counted). */
export function emit(
  lowering: Lowering,
  path: Path,
  reason: ReasonPlan,
  metadata: Value | undefined,
  site: Site,
): Ends {
  const size = reason.metadata?.size ?? 0;
  if (size > MAX_METADATA) lowering.fail(site, 'TP5004', reason.name, String(size), String(MAX_METADATA));
  const start = new Code(lowering, path);
  const time = now(start);
  const limit = withinLimit(start, reason, time);
  const forSocket = isForSocket(lowering, reason, site);
  // Where a socket is tried the packet may have moved.
  const beyond = forSocket ? inNextEpoch(limit.otherwise) : limit.otherwise;
  const over = count(lowering, beyond.path, [`reason ${reason.name} over limit`]);
  if (reason.way === 'interface') return toInterface(limit.then, over, reason, site);
  const { code: within, value: trips } = tripsOf(limit.then, reason);
  const taken = { time, trips };
  const rest = forSocket ? sendToSocket(within, socketRecord(reason, metadata, taken, site)) : [within];
  const ends = rest.map((code) => toRing(code, reason, metadata, taken, site));
  const refused = [over, ...ends.flatMap((end) => end.refused)];
  return { sent: lowering.joinPaths(ends.flatMap(({ sent }) => sent)), refused: lowering.joinPaths(refused) };
}

/** What is known of a packet when it goes up. */
interface Taken {
  readonly time: ValueId;
  readonly trips: ValueId;
}

interface Ends {
  readonly sent: readonly Path[];
  readonly refused: readonly Path[];
}

function toRing(start: Code, reason: ReasonPlan, metadata: Value | undefined, taken: Taken, site: Site): Ends {
  const { lowering } = start;
  const size = reason.metadata?.size ?? 0;
  const scratch = scratchOf(start, reason);
  const found = start.when('ne', scratch, n(0), 'then');
  const without = count(lowering, found.otherwise.path, [`reason ${reason.name} lost`]);
  const pieces =
    reason.metadata === undefined || metadata === undefined ? [] : encode(found.then, reason.metadata, metadata, site);
  storePieces(found.then, scratch, EVENT.header, eventPrefix(size) - EVENT.header, pieces);
  const sent: Path[] = [];
  const refused: Path[] = [without];
  for (const { code, captured } of capture(found.then, reason, scratch)) {
    storePieces(code, scratch, 0, EVENT.header, header(code, reason, taken, captured));
    const length = code.alu('add', captured, n(eventPrefix(size)));
    const result = code.call('ringbuf_output', [code.map(EVENTS), scratch, length, n(0)]);
    const written = code.when('eq', result, n(0), 'then');
    sent.push(count(lowering, written.then.path, [`reason ${reason.name}`]));
    refused.push(count(lowering, written.otherwise.path, [`reason ${reason.name} lost`]));
  }
  return { sent, refused };
}

function socketRecord(reason: ReasonPlan, metadata: Value | undefined, taken: Taken, site: Site): ToSocket {
  const { metadata: layout, name } = reason;
  return {
    prefix: eventPrefix(layout?.size ?? 0),
    trips: taken.trips,
    pieces(code, length) {
      const fields = layout === undefined || metadata === undefined ? [] : encode(code, layout, metadata, site);
      const behind = fields.map((piece) => ({ ...piece, offset: piece.offset + EVENT.header }));
      return [...header(code, reason, taken, length), ...behind];
    },
    // It ends here, as what goes up by the ring does.
    count: (code) => counted(code.lowering, count(code.lowering, code.path, [`reason ${name}`]), 'slowPath'),
  };
}

/** Where the event is put together: nothing, if this CPU has no such place. */
function scratchOf(code: Code, { kind }: ReasonPlan): ValueId {
  if (kind === 'notice' || code.lowering.target.hook === 'xdp') return lookupFirst(code, SCRATCH);
  const key = scratchSlot(code, 'key', 4);
  code.store(key, 0, 32, code.call('get_smp_processor_id', []));
  return code.lookup(CAPTURE, key);
}

/** Virtual scheduling (ITU-T I.371): the time up to which the limit is used up, for each CPU a share of its own. */
function withinLimit(code: Code, reason: ReasonPlan, time: ValueId) {
  const interval =
    (SECOND * BigInt(code.lowering.target.cpus)) / BigInt(Math.max(1, Math.floor(reason.limitPerSecond)));
  const limits = lookupFirst(code, LIMITS);
  const found = code.when('ne', limits, n(0), 'then');
  returnAborted(found.otherwise);
  const offset = 8 * reason.index;
  const used = found.then.load(limits, offset, 64);
  // A limit that was not used for a whole burst starts from there.
  const earliest = found.then.alu('sub', time, n(BURST_NS));
  const idle = found.then.when('slt', used, earliest);
  const from = join(found.then, [
    [idle.then, earliest],
    [idle.otherwise, used],
  ]);
  const sides = from.code.when('sle', from.value, time, 'then');
  sides.then.store(limits, offset, 64, sides.then.alu('add', from.value, n(interval)));
  return sides;
}

function join(
  code: Code,
  ways: readonly (readonly [Code, ValueId])[],
): { readonly code: Code; readonly value: ValueId } {
  const { lowering } = code;
  const range = { low: -(1n << 63n), high: (1n << 63n) - 1n };
  const outcomes = ways.map(([on, id]) => ({ path: on.path, value: lowering.integer(id, range) }));
  const [joined, ...others] = lowering.join(outcomes);
  if (joined?.value.kind !== 'integer' || others.length > 0) throw new Error('numbers join');
  return { code: code.on(joined.path), value: joined.value.id };
}

/** Copies the packet's beginning behind the metadata: up to the reason's snap length; nothing for a notice. */
function capture(
  code: Code,
  reason: ReasonPlan,
  scratch: ValueId,
): readonly { readonly code: Code; readonly captured: ValueId }[] {
  if (reason.kind === 'notice') return [{ code, captured: code.id(n(0)) }];
  const room = code.lowering.target.hook === 'xdp' ? MAX_CAPTURE : MAX_UNCUT_CAPTURE;
  const most = Math.min(room, Math.max(1, reason.snap ?? room));
  const length = frameLength(code);
  const long = code.when('ugt', length, n(most), 'otherwise');
  const wanted = join(code, [
    [long.then, long.then.id(n(most))],
    [long.otherwise, length],
  ]);
  // The verifier asks for a size that is neither 0 nor beyond the scratch value.
  const some = wanted.code.when('uge', wanted.value, n(1), 'then');
  const fits = some.then.when('ule', wanted.value, n(most), 'then');
  returnAborted(some.otherwise);
  returnAborted(fits.otherwise);
  const to = fits.then.offset(scratch, n(eventPrefix(reason.metadata?.size ?? 0)));
  const helper = code.lowering.target.hook === 'xdp' ? 'xdp_load_bytes' : 'skb_load_bytes';
  const failed = fits.then.call(helper, [code.lowering.builder.context, n(0), to, wanted.value]);
  const loaded = fits.then.when('eq', failed, n(0), 'then');
  returnAborted(loaded.otherwise);
  return [{ code: loaded.then, captured: wanted.value }];
}

function header(code: Code, reason: ReasonPlan, { time, trips }: Taken, captured: ValueId): readonly Piece[] {
  const { hook } = code.lowering.target;
  return [
    { offset: EVENT.reason, bits: 16, value: BigInt(reason.index) },
    { offset: EVENT.origin, bits: 8, value: BigInt(ORIGINS.indexOf(hook)) },
    { offset: EVENT.trips, bits: 8, value: code.alu('and', trips, n(0xff)) },
    { offset: EVENT.ifindex, bits: 32, value: ifindex(code) },
    { offset: EVENT.length, bits: 32, value: frameLength(code) },
    { offset: EVENT.captured, bits: 32, value: captured },
    ...(mayHaveBeside(code.lowering) ? [vlanTag(code)] : []),
    { offset: EVENT.position, bits: 16, value: BigInt(code.lowering.target.position ?? 0) },
    ...(hook === 'xdp' ? [] : [{ offset: EVENT.segmentSize, bits: 16, value: code.context(SKB_GSO_SIZE) } as const]),
    { offset: EVENT.time, bits: 64, value: time },
  ];
}

/** The tag that the kernel took out of the packet. */
function vlanTag(code: Code): Piece {
  const tag = code.alu('or', code.alu('shl', besideProtocol(code), n(16)), besideControl(code));
  return { offset: EVENT.vlan, bits: 32, value: code.alu('mul', tag, isBeside(code)) };
}

/** How often the slow path has sent the packet here again. */
function tripsOf(code: Code, { kind }: ReasonPlan): { readonly code: Code; readonly value: ValueId } {
  if (kind === 'notice') return { code, value: code.id(n(0)) };
  if (code.lowering.target.hook !== 'xdp') {
    const isKept = code.compare('eq', code.context(SKB.tripsKey), code.key());
    return { code, value: code.alu('mul', isKept, code.context(SKB.trips)) };
  }
  const here = lookupFirst(code, TRIPS);
  const found = code.when('ne', here, n(0), 'then');
  returnAborted(found.otherwise);
  return { code: found.then, value: found.then.load(here, 0, 32) };
}
