// UDP checksums of tunnels. They cover all that is carried; where that ends in a transport header with a checksum of its own, its sum
// is known without a look at the payload: a right checksum makes it the complement of the pseudo header's (docs/decisions/0023).
import { ipv4Layout, ipv6Layout, protocolNumbers, tcpLayout, udpLayout } from '@twinpath/packet';
import { MAX_CAPTURE } from '../../../abi/event.ts';
import { SCRATCH } from '../../../abi/state.ts';
import type { ValueId } from '../../../ir/types.ts';
import type { Outcome, Site } from '../../path.ts';
import { type Code, n } from '../code.ts';
import { lookupFirst } from '../counting.ts';
import { Ends } from '../ends.ts';
import { type Piece, word } from '../memory/piece.ts';
import { ipPart, versionOf } from '../packet/datagram.ts';
import { requireTransport, transport, transportPart } from '../packet/transport.ts';
import { returnAborted } from '../return-codes.ts';
import { joined } from '../rewrite/covering.ts';
import { type Delta, fold, plus } from '../rewrite/delta.ts';
import { isFinished } from '../rewrite/partial.ts';
import { inOrder } from '../rewrite/tunnels.ts';
import { isView, type View } from '../view.ts';
import type { Layer } from './layer.ts';

const ONES = 0xffffn;
/** Bytes that one call of csum_diff takes before Linux 6.13. */
const BLOCK = 512;

interface Carried {
  readonly ip: Outcome['value'];
  readonly offset: ValueId;
  readonly length: ValueId;
}

interface Summed {
  readonly summed: readonly { readonly code: Code; readonly sum: Delta | undefined }[];
  /** What is carried is too long to be summed, or its own checksum is not finished. */
  readonly failed: readonly Code[];
}

/** The sum of what will be carried, if a layer's checksum covers it. */
export function carriedSum(start: Code, layers: readonly Layer[], carried: Carried, site: Site): Summed {
  for (const [index, { hasChecksum }] of layers.entries()) {
    if (hasChecksum === true && layers[index - 1]?.kind !== 'ip') start.lowering.fail(site, 'TP3018');
  }
  if (!layers.some(({ hasChecksum }) => hasChecksum)) return { summed: [{ code: start, sum: undefined }], failed: [] };
  const known: Outcome[] = [];
  const ends = new Ends(start.lowering);
  const { ip } = carried;
  if (isView(ip, 'ip')) sumOfSegment(start, ip, ends, (code, sum) => known.push(outcome(code, sum)));
  else ends.fail(start);
  const read = ends.failures().map((path) => sumOfBytes(start.on(path), carried, site));
  known.push(...read.flatMap(({ found }) => found));
  return {
    summed: start.lowering.join(known).map(({ path, value }) => {
      if (value.kind !== 'integer') throw new Error('numbers join');
      return { code: start.on(path), sum: { id: value.id, most: value.range.high } };
    }),
    failed: read.flatMap(({ failed }) => failed),
  };
}

const outcome = (code: Code, { id, most }: Delta): Outcome => ({
  path: code.path,
  value: code.lowering.integer(id, { low: 0n, high: most }),
});

/** Whole datagrams without extension headers whose transport has a checksum; all others fail. */
function sumOfSegment(start: Code, ip: View, ends: Ends, found: (code: Code, sum: Delta) => void): void {
  const version = versionOf(ip);
  for (const { path, value: segment } of transport(start.lowering, start.path, ip)) {
    if (!isView(segment, 'transport')) throw new Error('a datagram has a transport view');
    let other = ends.require(start.on(path).when('eq', transportPart(segment, 'fragment'), n(0), 'then'));
    if (version === 6) {
      const behind = other.alu('add', ipPart(ip, 'offset'), n(ipv6Layout.size));
      other = ends.require(other.when('eq', transportPart(segment, 'offset'), behind, 'then'));
    }
    const open = (protocol: number, size: number): Code => {
      const sides = other.when('eq', transportPart(segment, 'protocol'), n(protocol));
      other = sides.otherwise;
      return requireTransport(ends, sides.then, segment, size);
    };
    const length = (code: Code) => code.alu('sub', transportPart(segment, 'end'), transportPart(segment, 'offset'));

    const tcp = open(protocolNumbers.tcp, tcpLayout.size);
    found(tcp, datagramSum(tcp, ip, protocolNumbers.tcp, length(tcp)));

    const any = open(protocolNumbers.udp, udpLayout.size);
    const at = transportPart(segment, 'at');
    const checked = ends.require(any.when('ne', any.load(at, udpLayout.fields.checksum.at, 16), n(0), 'then'));
    const said = checked.loadNetwork(at, udpLayout.fields.length.at, 16);
    const udp = ends.require(checked.when('eq', said, length(checked), 'then'));
    found(udp, datagramSum(udp, ip, protocolNumbers.udp, said));

    const icmp = open(version === 4 ? protocolNumbers.icmp : protocolNumbers.icmp6, 8);
    // ICMP covers itself alone: header and message sum up to nothing.
    if (version === 4) found(icmp, { id: icmp.id(n(0)), most: 0n });
    else found(icmp, datagramSum(icmp, ip, protocolNumbers.icmp6, length(icmp)));
    ends.fail(other);
  }
}

/** Of the whole datagram. An IPv4 header sums up to nothing; of an IPv6 header the addresses cancel those of the pseudo header. */
function datagramSum(code: Code, ip: View, protocol: number, length: ValueId): Delta {
  const at = ipPart(ip, 'at');
  const words = (offsets: readonly number[]) => offsets.map((offset) => code.load(at, offset, 32));
  const rest: Delta = { id: code.alu('add', code.swap(length, 16), n(protocol << 8)), most: 2n * ONES };
  if (versionOf(ip) === 4) {
    const { src, dst } = ipv4Layout.fields;
    const pseudo = sumOf(code, words([src.at, dst.at]), rest);
    return { id: code.alu('xor', fold(code, pseudo), n(ONES)), most: ONES };
  }
  const negated: Delta = { id: code.alu('xor', fold(code, rest), n(ONES)), most: ONES };
  return sumOf(code, words([0, 4]), negated);
}

const sumOf = (code: Code, words: readonly ValueId[], start: Delta): Delta =>
  words.reduce((sum, id) => plus(code, sum, { id, most: 0xffff_ffffn }), start);

/** Reads all of it, by a copy: what has no checksum, fragments, what is no IP. */
function sumOfBytes(
  start: Code,
  { offset, length }: Carried,
  site: Site,
): { readonly found: readonly Outcome[]; readonly failed: readonly Code[] } {
  const ends = new Ends(start.lowering);
  const { builder, target } = start.lowering;
  const state = isFinished(start, 'UDP', site);
  const whole = state === undefined ? start : ends.require(state.code.when('ne', state.id, n(0), 'then'));
  const some = ends.require(whole.when('uge', length, n(1), 'then'));
  const short = ends.require(some.when('ule', length, n(MAX_CAPTURE), 'then'));
  const scratch = lookupFirst(short, SCRATCH);
  const there = short.when('ne', scratch, n(0), 'then');
  returnAborted(there.otherwise);
  // The last block ends in zeros.
  const last = there.then.offset(scratch, there.then.alu('and', length, n(0x7fff & ~(BLOCK - 1))));
  for (let at = 0; at < BLOCK; at += 8) there.then.store(last, at, 64, n(0));
  const helper = target.hook === 'xdp' ? 'xdp_load_bytes' : 'skb_load_bytes';
  const failed = there.then.call(helper, [builder.context, offset, scratch, length]);
  const code = ends.require(there.then.when('eq', failed, n(0), 'then'));
  return { found: sumOfBlocks(code, scratch, length), failed: ends.failures().map((path) => start.on(path)) };
}

function sumOfBlocks(start: Code, memory: ValueId, length: ValueId): readonly Outcome[] {
  const { builder } = start.lowering;
  const header = builder.block();
  const from = start.path.block;
  const zero = start.id(n(0));
  builder.terminate(from, { op: 'jump', target: header });
  const at = builder.phi(header, [{ block: from, value: zero }]);
  const sum = builder.phi(header, [{ block: from, value: zero }]);
  const turn = start.on({ ...start.path, block: header });
  const bounded = turn.when('ult', at, n(MAX_CAPTURE), 'then');
  const more = bounded.then.when('ult', at, length, 'then');
  const code = more.then;
  const next = code.truncate(code.call('csum_diff', [n(0), n(0), code.offset(memory, at), n(BLOCK), sum]), 32);
  const after = code.alu('add', at, n(BLOCK));
  const { block } = code.path;
  builder.terminate(block, { op: 'jump', target: header });
  const entry = { block: from, value: zero };
  builder.completePhi(header, at, [entry, { block, value: after }]);
  builder.completePhi(header, sum, [entry, { block, value: next }]);
  return joined([bounded.otherwise, more.otherwise]).map((end) => outcome(end, { id: sum, most: 0xffff_ffffn }));
}

export interface PlacedLayer {
  readonly layer: Layer;
  /** Offset of the layer, and how many bytes follow it. */
  readonly begin: number;
  readonly after: ValueId;
  readonly pieces: readonly Piece[];
}

/** The pieces of all layers, with the checksums that cover `size` bytes of them and what they carry. */
export function withUdpChecksums(
  code: Code,
  placed: readonly PlacedLayer[],
  size: number,
  carried: Delta | undefined,
): readonly Piece[] {
  let pieces = placed.flatMap((one) => one.pieces);
  // From the inside: an outer one covers those within.
  for (const [index, { layer, begin, after }] of [...placed.entries()].reverse()) {
    const ip = placed[index - 1];
    if (layer.hasChecksum !== true || ip === undefined || carried === undefined) continue;
    const length = code.swap(code.alu('add', after, n(udpLayout.size)), 16);
    const fixed: Delta = { id: code.alu('add', length, n(protocolNumbers.udp << 8)), most: 2n * ONES };
    const addresses = ip.layer.size === ipv4Layout.size ? ipv4Layout.fields.src.at : ipv6Layout.fields.src.at;
    const pseudo = sumOf(code, wordsOf(code, pieces, ip.begin + addresses, ip.begin + ip.layer.size), fixed);
    const covered = sumOf(code, wordsOf(code, pieces, begin, size), pseudo);
    const total = plus(code, covered, inOrder(code, carried, (size - begin) % 2 === 1));
    const value = code.alu('xor', fold(code, total), n(ONES));
    // A computed zero is sent as all ones.
    const sent = code.alu('or', value, code.alu('shr', code.alu('sub', value, n(1)), n(48)));
    pieces = [...pieces, { offset: begin + udpLayout.fields.checksum.at, bits: 16, value: sent }];
  }
  return pieces;
}

function wordsOf(code: Code, pieces: readonly Piece[], from: number, to: number): readonly ValueId[] {
  const words: ValueId[] = [];
  for (let at = from; at < to; ) {
    const width = to - at >= 4 ? 32 : to - at >= 2 ? 16 : 8;
    words.push(code.truncate(word(code, pieces, at, width), width));
    at += width / 8;
  }
  return words;
}
