import { etherTypeNumber, vlanTagTypes } from '../address/ether-type.ts';
import { writeMac } from '../address/mac.ts';
import { concat } from '../bytes/concat.ts';
import { headerBytes } from '../layout/field.ts';
import { ethernetLayout, vlanLayout } from '../layout/headers.ts';
import type { EtherType, Mac, u8, u16 } from '../types/values.ts';
import type { Layer } from './layer.ts';

/** Of frames whose text does not say. */
export const defaultMacs = { src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' } as const;
/** IEEE 802, local experimental Ethertype 1: for bytes that nothing else names. */
const EXPERIMENTAL = 0x88b5;

export interface EthernetFields {
  readonly src?: Mac;
  /** Default: the group address of the IP group behind, broadcast for ARP questions. */
  readonly dst?: Mac;
  readonly vlan?: u16 | undefined;
  /** Default: that of the next layer. */
  readonly type?: EtherType | undefined;
}

export function ethernetHeader({ src, dst, vlan, type }: EthernetFields): Layer {
  const macs = (behind: readonly Layer[]) => ({
    src: src ?? defaultMacs.src,
    dst: dst ?? behind.find((layer) => layer.groupMac)?.groupMac ?? defaultMacs.dst,
  });
  return {
    macs,
    encode(behind, around) {
      const inner = typeOf(type, around.behind);
      const header = headerBytes(ethernetHead, { type: vlan === undefined ? inner : vlanTagTypes.customer });
      const chosen = macs(around.behind);
      writeMac(chosen.dst, header, ethernetLayout.fields.dst.at);
      writeMac(chosen.src, header, ethernetLayout.fields.src.at);
      const tag = vlan === undefined ? new Uint8Array() : headerBytes(vlanLayout, { id: vlan, type: inner });
      return concat(header, tag, behind);
    },
  };
}

/** Addresses are written apart. */
const ethernetHead = { size: ethernetLayout.size, fields: { type: ethernetLayout.fields.type } };

export interface VlanFields {
  readonly id: u16;
  readonly priority?: u8;
  readonly dropEligible?: boolean;
  /** The type that announces this tag; default 0x8100. */
  readonly tagType?: u16;
  readonly type?: EtherType | undefined;
}

export function vlanTag({
  id,
  priority = 0,
  dropEligible = false,
  tagType = vlanTagTypes.customer,
  type,
}: VlanFields): Layer {
  return {
    etherType: tagType,
    encode(behind, around) {
      const values = { id, priority, dropEligible: Number(dropEligible), type: typeOf(type, around.behind) };
      return concat(headerBytes(vlanLayout, values), behind);
    },
  };
}

function typeOf(type: EtherType | undefined, behind: readonly Layer[]): number {
  return type === undefined ? (behind[0]?.etherType ?? EXPERIMENTAL) : etherTypeNumber(type);
}
