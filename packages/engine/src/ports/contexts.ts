// Contexts of frames that have come, as the kernel would make them. Addresses are bytes in linear memory.
import { contextLayout, SKB } from '../memory/frame-context.ts';

const word = (offset: number): number => offset >>> 2;
const { skb } = contextLayout;
const SKB_WORDS = word(skb.stride);

/** The memory. */
export interface Views {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
}

/** __sk_buff, and what follows it. All bytes are linear, VLAN tags among them. */
export function fillSkb(
  { words, bytes }: Views,
  context: number,
  data: number,
  end: number,
  head: number,
  tail: number,
  ifindex: number,
): void {
  const at = context >>> 2;
  words.fill(0, at, at + SKB_WORDS);
  words[at + word(SKB.len)] = end - data;
  words[at + word(SKB.wireLen)] = end - data;
  words[at + word(SKB.protocol)] = protocolAt(bytes, data);
  words[at + word(SKB.ifindex)] = ifindex;
  words[at + word(skb.data)] = data;
  words[at + word(skb.dataEnd)] = end;
  words[at + word(skb.dataMeta)] = data;
  words[at + word(skb.head)] = head;
  words[at + word(skb.tail)] = tail;
}

const ETH_P_802_3 = 0x0001;
const ETH_P_802_2 = 0x0004;
const FIRST_ETHERTYPE = 0x0600;

/** What eth_type_trans makes of a frame, as it lies in memory. Raw IPX begins with a checksum of ones. */
export function protocolAt(bytes: Uint8Array, frame: number): number {
  const field = (at: number) => ((bytes[frame + at] ?? 0) << 8) | (bytes[frame + at + 1] ?? 0);
  const type = field(12) >= FIRST_ETHERTYPE ? field(12) : field(14) === 0xffff ? ETH_P_802_3 : ETH_P_802_2;
  return ((type & 0xff) << 8) | (type >> 8);
}
