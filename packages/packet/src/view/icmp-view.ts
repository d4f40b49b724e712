import { readIp6 } from '../address/ip6.ts';
import { readMac } from '../address/mac.ts';
import { getU8 } from '../bytes/big-endian.ts';
import { type Datagram, locateDatagram } from '../dissect/datagram.ts';
import { icmpTypeName, icmpTypes, isErrorType } from '../dissect/icmp-type.ts';
import { icmpLayout, neighbourLayout } from '../layout/headers.ts';
import type { Ip6, Mac } from '../types/values.ts';
import type { IcmpHeader, IcmpType, IpHeader } from '../types/views.ts';
import type { ChecksumField } from './checksum-field.ts';

const { size, fields } = icmpLayout;
const { 'neighbour-solicitation': SOLICITATION, 'neighbour-advertisement': ADVERTISEMENT } = icmpTypes[6];
/** RFC 4861 section 4.6.1: the source's in solicitations, the target's in advertisements. */
const SOURCE_LINK_ADDRESS = 1;
const TARGET_LINK_ADDRESS = 2;
const MAX_OPTIONS = 4;

/** Not given for a message that is quoted itself. */
type ViewOfQuoted = (bytes: Uint8Array, datagram: Datagram, quotedBy: ChecksumField) => IpHeader;

/** The fixed part is there. */
export class IcmpView implements IcmpHeader {
  readonly #bytes: Uint8Array;
  readonly #datagram: Datagram;
  readonly #viewOfQuoted: ViewOfQuoted | undefined;

  constructor(bytes: Uint8Array, datagram: Datagram, viewOfQuoted: ViewOfQuoted | undefined) {
    this.#bytes = bytes;
    this.#datagram = datagram;
    this.#viewOfQuoted = viewOfQuoted;
  }

  get type(): IcmpType {
    return icmpTypeName(this.#datagram.version, this.#number);
  }

  get code(): number {
    return getU8(this.#bytes, this.#datagram.transportAt + fields.code.at);
  }

  /** There are no errors about errors: nothing is quoted in what is quoted. */
  quoted(): IpHeader | undefined {
    const { version, transportAt, end } = this.#datagram;
    if (!this.#viewOfQuoted || !isErrorType(version, this.#number)) return undefined;
    const quoted = locateDatagram(this.#bytes, transportAt + size, version, { readable: end });
    return (
      quoted && this.#viewOfQuoted(this.#bytes, quoted, { at: transportAt + fields.checksum.at, zeroMeansNone: false })
    );
  }

  /** Up to four options are searched. */
  neighbour(): { readonly target: Ip6; readonly mac: Mac | undefined } | undefined {
    const { version, transportAt, end } = this.#datagram;
    const type = this.#number;
    if (version !== 6 || (type !== SOLICITATION && type !== ADVERTISEMENT)) return undefined;
    if (transportAt + neighbourLayout.size > end) return undefined;
    return {
      target: readIp6(this.#bytes, transportAt + neighbourLayout.fields.target.at),
      mac: this.#linkAddress(type === SOLICITATION ? SOURCE_LINK_ADDRESS : TARGET_LINK_ADDRESS),
    };
  }

  #linkAddress(kind: number): Mac | undefined {
    let at = this.#datagram.transportAt + neighbourLayout.size;
    for (let option = 0; option < MAX_OPTIONS && at + 8 <= this.#datagram.end; option++) {
      const units = getU8(this.#bytes, at + 1);
      if (units === 0) return undefined;
      if (units === 1 && getU8(this.#bytes, at) === kind) return readMac(this.#bytes, at + 2);
      at += 8 * units;
    }
    return undefined;
  }

  get #number(): number {
    return getU8(this.#bytes, this.#datagram.transportAt);
  }
}
