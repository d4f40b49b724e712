import { etherTypeName } from '../address/ether-type.ts';
import { readMac, writeMac } from '../address/mac.ts';
import { getU8, getU16, setU16 } from '../bytes/big-endian.ts';
import { type Link, locateLink } from '../dissect/link.ts';
import { ethernetLayout, vlanLayout } from '../layout/headers.ts';
import type { EtherType, Mac } from '../types/values.ts';
import type { EthernetHeader, VlanTag } from '../types/views.ts';

export function ethernetView(bytes: Uint8Array): EthernetHeader | undefined {
  const link = locateLink(bytes);
  return link && new EthernetView(bytes, link);
}

const { src, dst } = ethernetLayout.fields;

class EthernetView implements EthernetHeader {
  readonly #bytes: Uint8Array;
  readonly #link: Link;

  constructor(bytes: Uint8Array, link: Link) {
    this.#bytes = bytes;
    this.#link = link;
  }

  get src(): Mac {
    return readMac(this.#bytes, src.at);
  }
  set src(address: Mac) {
    writeMac(address, this.#bytes, src.at);
  }

  get dst(): Mac {
    return readMac(this.#bytes, dst.at);
  }
  set dst(address: Mac) {
    writeMac(address, this.#bytes, dst.at);
  }

  get type(): EtherType {
    return etherTypeName(this.#link.type);
  }

  get vlan(): VlanTag | undefined {
    return vlanView(this.#bytes, 0, this.#link.tags);
  }

  get isMulticast(): boolean {
    return (getU8(this.#bytes, dst.at) & 1) === 1;
  }
}

function vlanView(bytes: Uint8Array, number: number, tags: number): VlanTag | undefined {
  return number < tags ? new VlanView(bytes, number, tags) : undefined;
}

/** Writes keep the drop eligible bit, and only the bits that the field has. */
class VlanView implements VlanTag {
  readonly #bytes: Uint8Array;
  readonly #number: number;
  readonly #tags: number;
  readonly #at: number;

  constructor(bytes: Uint8Array, number: number, tags: number) {
    this.#bytes = bytes;
    this.#number = number;
    this.#tags = tags;
    this.#at = ethernetLayout.size + vlanLayout.size * number;
  }

  get id(): number {
    return getU16(this.#bytes, this.#at) & 0xfff;
  }
  set id(id: number) {
    setU16(this.#bytes, this.#at, (getU16(this.#bytes, this.#at) & 0xf000) | (id & 0xfff));
  }

  get priority(): number {
    return getU16(this.#bytes, this.#at) >>> 13;
  }
  set priority(priority: number) {
    setU16(this.#bytes, this.#at, (getU16(this.#bytes, this.#at) & 0x1fff) | ((priority & 7) << 13));
  }

  get inner(): VlanTag | undefined {
    return vlanView(this.#bytes, this.#number + 1, this.#tags);
  }
}
