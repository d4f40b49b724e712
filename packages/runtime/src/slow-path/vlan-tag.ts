/** Both Ethernet addresses; the tag comes behind them (IEEE 802.1Q). */
const ADDRESSES = 12;

/** Puts back the VLAN tag that the kernel keeps beside a packet; `tag` as in an event, 0 for none. */
export function insertVlanTag(frame: Uint8Array, tag: number): Uint8Array {
  if (tag === 0 || frame.length < ADDRESSES) return frame;
  const tagged = new Uint8Array(frame.length + 4);
  tagged.set(frame.subarray(0, ADDRESSES));
  const view = new DataView(tagged.buffer);
  // The protocol's bytes lie as in the packet; the control information is a number.
  view.setUint16(ADDRESSES, tag >>> 16, true);
  view.setUint16(ADDRESSES + 2, tag & 0xffff);
  tagged.set(frame.subarray(ADDRESSES), ADDRESSES + 4);
  return tagged;
}
