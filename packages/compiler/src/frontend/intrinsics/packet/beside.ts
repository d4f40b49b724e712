// The VLAN tag that the kernel took out of a tc packet and keeps beside it: `vlan_present`, `vlan_tci` and `vlan_proto` of
// struct __sk_buff. It is the outermost one; further tags lie in the bytes. XDP has all of them in the bytes.
import { vlanLayout, vlanTagTypes } from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import type { Lowering } from '../../lowering.ts';
import { type Code, n } from '../code.ts';

const SKB = { present: 20, tci: 24, protocol: 28 } as const;

/** Whether this hook's packets can have one. */
export const mayHaveBeside = ({ target }: Lowering): boolean => target.hook !== 'xdp';

export const whenBeside = (code: Code) => code.when('ne', code.context(SKB.present), n(0), 'otherwise');

/** 1 or 0. */
export const isBeside = (code: Code): ValueId => code.alu('and', code.context(SKB.present), n(1));

/** Tag control information, a host number: 3 bits of priority, drop eligibility, 12 bits of identifier. */
export const besideControl = (code: Code): ValueId => code.alu('and', code.context(SKB.tci), n(0xffff));

/** Tag protocol identifier as it lies in a packet: what `skb_vlan_push` takes. */
export const besideProtocol = (code: Code): ValueId => code.alu('and', code.context(SKB.protocol), n(0xffff));

/** 802.1Q, in the order of the packet. */
export const CUSTOMER = ((vlanTagTypes.customer & 255) << 8) | (vlanTagTypes.customer >> 8);

export const TAG_SIZE = vlanLayout.size;
