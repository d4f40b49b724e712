// Helpers that may move the frame's bytes or its ends: the verifier forgets every packet pointer at such a call
// (bpf_helper_changes_pkt_data), so a new epoch begins there.

const moving: ReadonlySet<string> = new Set([
  'xdp_adjust_head',
  'xdp_adjust_meta',
  'xdp_adjust_tail',
  'skb_adjust_room',
  'skb_change_head',
  'skb_change_proto',
  'skb_change_tail',
  'skb_pull_data',
  'skb_store_bytes',
  'skb_vlan_pop',
  'skb_vlan_push',
  'clone_redirect',
  'l3_csum_replace',
  'l4_csum_replace',
]);

export function movesPacket(helper: string): boolean {
  return moving.has(helper);
}
