import { etherTypeNumbers } from '../address/ether-type.ts';
import { readIp4 } from '../address/ip4.ts';
import { readMac } from '../address/mac.ts';
import { getU16, getU32 } from '../bytes/big-endian.ts';
import { locateLink } from '../dissect/link.ts';
import { arpLayout } from '../layout/headers.ts';
import type { Ip4, Mac } from '../types/values.ts';
import type { ArpHeader } from '../types/views.ts';

/** `undefined`, too, if it is not about Ethernet and IPv4 addresses (hardware type 1, protocol 0x0800, lengths 6 and 4). */
export function arpView(bytes: Uint8Array): ArpHeader | undefined {
  const link = locateLink(bytes);
  if (link?.type !== etherTypeNumbers.arp || bytes.length < link.end + arpLayout.size) return undefined;
  const isKnown = getU32(bytes, link.end) === 0x0001_0800 && getU16(bytes, link.end + 4) === 0x0604;
  return isKnown ? new ArpView(bytes, link.end) : undefined;
}

const { fields } = arpLayout;

class ArpView implements ArpHeader {
  readonly #bytes: Uint8Array;
  readonly #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get operation(): ArpHeader['operation'] {
    const number = getU16(this.#bytes, this.#at + fields.operation.at);
    if (number === 1) return 'request';
    return number === 2 ? 'reply' : number;
  }

  get senderMac(): Mac {
    return readMac(this.#bytes, this.#at + fields.senderMac.at);
  }

  get senderIp(): Ip4 {
    return readIp4(this.#bytes, this.#at + fields.senderIp.at);
  }

  get targetMac(): Mac {
    return readMac(this.#bytes, this.#at + fields.targetMac.at);
  }

  get targetIp(): Ip4 {
    return readIp4(this.#bytes, this.#at + fields.targetIp.at);
  }
}
