// Headers come and go on tc: bpf_skb_adjust_room makes room between Ethernet and the datagram, or takes it, and keeps what the
// kernel has beside the packet (where headers lie, segments, checksums). It wants skb->protocol to be IP: a tag of the bytes is
// taken off before and put on again. Three helpers that move the packet: three epochs.
import { ethernetLayout, etherTypeNumbers } from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import { type Code, n } from '../code.ts';
import { besideControl, besideProtocol, whenBeside } from '../packet/beside.ts';
import { returnAborted } from '../return-codes.ts';
import { joined } from '../rewrite/covering.ts';
import { part, type View } from '../view.ts';
import { IPV4_IN_IP, IPV6_IN_IP, type Layer } from './layer.ts';
import { inNextEpoch } from './move.ts';

export const ROOM_EPOCHS = 3;

/** BPF_ADJ_ROOM_MAC: behind Ethernet. */
const BEHIND_ETHERNET = 1;
/** BPF_F_ADJ_ROOM_… */
const FLAGS = {
  /** Segments stay as long as they are, as those that XDP sees. */
  fixedSegments: 1n << 0n,
  outerIpv4: 1n << 1n,
  outerIpv6: 1n << 2n,
  gre: 1n << 3n,
  udp: 1n << 4n,
  innerEthernet: 1n << 6n,
  /** Of 6.3. */
  leftIpv4: 1n << 7n,
  leftIpv6: 1n << 8n,
} as const;
const INNER_ETHERNET_SHIFT = 56n;
const GRE = 47;
const TYPE_AT = 12;

export interface Room {
  /** Bytes that come, or go if it is negative. */
  readonly by: ValueId;
  readonly flags: bigint;
  /** What Ethernet announces afterwards. */
  readonly type: number;
  /** Bytes that are written behind Ethernet. */
  readonly written: number;
}

/** What the kernel is told of a tunnel. `isWhole`: it cannot cut a packet of many segments that goes into it. */
export function roomFor(layers: readonly Layer[]): { readonly flags: bigint; readonly isWhole: boolean } {
  const [outer, ...inside] = layers;
  if (outer === undefined) throw new Error('there is a layer');
  const last = inside.at(-1);
  const ethernet = last?.kind === 'ethernet' ? FLAGS.innerEthernet | (BigInt(last.size) << INNER_ETHERNET_SHIFT) : 0n;
  const base = FLAGS.fixedSegments | (outer.etherType === etherTypeNumbers.ipv4 ? FLAGS.outerIpv4 : FLAGS.outerIpv6);
  const between = last?.kind === 'ethernet' ? inside.slice(0, -1) : inside;
  const areHeaders = (some: readonly Layer[]) => some.every(({ kind, hasLength }) => kind === 'header' && !hasLength);
  const [first, ...rest] = between;
  if (first?.kind === 'udp' && first.hasChecksum !== true && areHeaders(rest)) {
    return { flags: base | FLAGS.udp | ethernet, isWhole: false };
  }
  if (outer.carries === GRE && areHeaders(between)) return { flags: base | FLAGS.gre | ethernet, isWhole: false };
  const isTunnel = [undefined, IPV4_IN_IP, IPV6_IN_IP].includes(outer.carries);
  return { flags: base, isWhole: inside.length > 0 || !isTunnel };
}

/** What the kernel is told when a datagram of this version is left. Between two of one version it needs to know nothing, and
 *  kernels before 6.3 must not be told. */
export const roomWithout = (outer: 4 | 6, left: 4 | 6): bigint =>
  FLAGS.fixedSegments | (outer === left ? 0n : left === 4 ? FLAGS.leftIpv4 : FLAGS.leftIpv6);

/** `write` gets the address behind Ethernet. All ends are of the same epoch. */
export function adjustRoom(
  start: Code,
  linked: View,
  { by, flags, type, written }: Room,
  write: (code: Code, at: ValueId) => Code,
): { readonly done: readonly Code[]; readonly failed: readonly Code[] } {
  const failed: Code[] = [];
  const done: Code[] = [];
  for (const { code, tag } of takeTag(start, linked, (on) => failed.push(inNextEpoch(on, ROOM_EPOCHS - 1)))) {
    const operands = [code.lowering.builder.context, by, n(BEHIND_ETHERNET), n(flags)];
    const result = code.call('skb_adjust_room', operands);
    const sides = inNextEpoch(code).when('eq', result, n(0), 'then');
    failed.push(putTag(sides.otherwise, tag));
    const beginning = sides.then.packetStart();
    const inside = sides.then.whenInPacket(beginning, ethernetLayout.size + written);
    returnAborted(inside.otherwise);
    inside.then.store(beginning, TYPE_AT, 16, inside.then.swap(inside.then.id(n(type)), 16));
    const after = write(inside.then, inside.then.offset(beginning, n(ethernetLayout.size)));
    done.push(putTag(after, tag));
  }
  return { done: joined(done), failed: joined(failed) };
}

/** Leaves no tag in the bytes: at most one, then beside the packet. `tag`: the one that was taken off, 0 for none. */
function takeTag(
  start: Code,
  linked: View,
  fail: (code: Code) => void,
): readonly { readonly code: Code; readonly tag: ValueId }[] {
  const { lowering } = start;
  const value = (id: ValueId) => lowering.integer(id, { low: 0n, high: 0xffff_ffffn });
  const tagged = start.when('ne', part(linked, 'tags'), n(0), 'otherwise');
  const beside = whenBeside(tagged.then);
  const inside = beside.otherwise.whenInPacket(part(linked, 'start'), TYPE_AT + 4);
  returnAborted(inside.otherwise);
  const outermost = (on: Code, protocol: ValueId, control: ValueId) => ({
    path: on.path,
    value: value(on.alu('or', on.alu('shl', protocol, n(16)), control)),
  });
  const ofBytes = inside.then;
  const at = part(linked, 'start');
  const tags = lowering.join([
    outermost(beside.then, besideProtocol(beside.then), besideControl(beside.then)),
    outermost(ofBytes, ofBytes.load(at, TYPE_AT, 16), ofBytes.loadNetwork(at, TYPE_AT + 2, 16)),
  ]);
  const taken = tags.map(({ path, value: tag }) => {
    const code = start.on(path);
    const result = code.call('skb_vlan_pop', [lowering.builder.context]);
    const sides = inNextEpoch(code).when('eq', result, n(0), 'then');
    fail(sides.otherwise);
    return { path: sides.then.path, value: tag };
  });
  const none = inNextEpoch(tagged.otherwise);
  return lowering.join([{ path: none.path, value: value(none.id(n(0))) }, ...taken]).map(({ path, value: tag }) => {
    if (tag.kind !== 'integer') throw new Error('numbers join');
    return { code: start.on(path), tag: tag.id };
  });
}

/** Without memory the tag is lost: the packet must not go on into another network. */
function putTag(start: Code, tag: ValueId): Code {
  const none = start.when('eq', tag, n(0), 'then');
  const code = none.otherwise;
  const [protocol, control] = [code.alu('shr', tag, n(16)), code.alu('and', tag, n(0xffff))];
  const result = code.call('skb_vlan_push', [code.lowering.builder.context, protocol, control]);
  const put = inNextEpoch(code).when('eq', result, n(0), 'then');
  returnAborted(put.otherwise);
  const [end] = joined([inNextEpoch(none.then), put.then]);
  if (end === undefined) throw new Error('paths with one scope join');
  return end;
}
