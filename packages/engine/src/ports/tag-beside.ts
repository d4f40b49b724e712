import { contextLayout, SKB } from '../memory/frame-context.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';

const ADDRESSES = 12;
const TAG = 4;
const { skb } = contextLayout;

/** Puts a VLAN tag that a tc program has left beside its frame into the bytes, in front of the others. Where the frame begins. */
export function tagBeside(memory: LinearMemory, context: number): number {
  const data = memory.getU32(context + skb.data);
  if (memory.getU32(context + SKB.vlanPresent) === 0) return data;
  memory.bytes.copyWithin(data - TAG, data, data + ADDRESSES);
  // The protocol lies there as in the packet, the tag's own 16 bits as a number.
  memory.view.setUint16(data - TAG + ADDRESSES, memory.getU32(context + SKB.vlanProto), true);
  memory.view.setUint16(data - TAG + ADDRESSES + 2, memory.getU32(context + SKB.vlanTci), false);
  memory.setU32(context + SKB.vlanPresent, 0);
  memory.setU32(context + skb.data, data - TAG);
  return data - TAG;
}
