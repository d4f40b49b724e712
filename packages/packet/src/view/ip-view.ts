import { isIp4, writeIp } from '../address/ip.ts';
import { readIp4 } from '../address/ip4.ts';
import { readIp6 } from '../address/ip6.ts';
import { protocolName, protocolNumber } from '../address/protocol.ts';
import { getU8, getU16, getU32 } from '../bytes/big-endian.ts';
import type { Datagram } from '../dissect/datagram.ts';
import { isEchoType } from '../dissect/icmp-type.ts';
import { hasQuotedTransport, hasTransport, transportChecksum, transportKind } from '../dissect/transport.ts';
import { extensionNumbers } from '../layout/extension.ts';
import { ipv4Layout, ipv6FragmentLayout, ipv6Layout } from '../layout/headers.ts';
import type { FiveTuple, Ip, Ip4, Ip6, Protocol } from '../types/values.ts';
import type { IcmpHeader, Ipv4Header, Ipv6Header, Ports, TcpHeader, UdpHeader } from '../types/views.ts';
import { type ChecksumField, writeWord, writeWords } from './checksum-field.ts';
import { IcmpView } from './icmp-view.ts';
import { PortsView } from './ports-view.ts';
import { TcpView } from './tcp-view.ts';
import { UdpView } from './udp-view.ts';

/** `quotedBy`: the checksum of the ICMP error that quotes this header. `tunnels`: those of the tunnels around it. */
export function ipView(
  bytes: Uint8Array,
  datagram: Datagram,
  quotedBy?: ChecksumField,
  tunnels: readonly ChecksumField[] = [],
): Ipv4Header | Ipv6Header {
  const View = datagram.version === 4 ? Ipv4View : Ipv6View;
  return new View(bytes, datagram, quotedBy && { ...quotedBy, coveredBy: tunnels }, tunnels);
}

abstract class IpView {
  protected readonly bytes: Uint8Array;
  protected readonly datagram: Datagram;
  protected readonly quotedBy: ChecksumField | undefined;
  readonly #tunnels: readonly ChecksumField[];

  constructor(
    bytes: Uint8Array,
    datagram: Datagram,
    quotedBy: ChecksumField | undefined,
    tunnels: readonly ChecksumField[],
  ) {
    this.bytes = bytes;
    this.datagram = datagram;
    this.quotedBy = quotedBy;
    this.#tunnels = tunnels;
  }

  /** Checksums that cover the header as what they carry, from the inside. */
  protected covering(): readonly ChecksumField[] {
    return this.quotedBy ? [this.quotedBy, ...this.#tunnels] : this.#tunnels;
  }

  abstract src: Ip;
  abstract dst: Ip;

  get protocol(): Protocol {
    return protocolName(this.datagram.protocol);
  }

  get length(): number {
    return this.datagram.length;
  }

  get isFragment(): boolean {
    return this.datagram.isFragment;
  }

  get isFirstFragment(): boolean {
    return this.datagram.isFirstFragment;
  }

  get hasOptions(): boolean {
    return this.datagram.hasOptions;
  }

  tcp(): TcpHeader | undefined {
    return this.#has('tcp') ? TcpView.at(this.bytes, this.datagram, this.transportChecksums()) : undefined;
  }

  udp(): UdpHeader | undefined {
    return this.#has('udp') ? UdpView.at(this.bytes, this.datagram, this.transportChecksums()) : undefined;
  }

  icmp(): IcmpHeader | undefined {
    return this.#has('icmp')
      ? new IcmpView(this.bytes, this.datagram, this.quotedBy ? undefined : this.#viewOfQuoted)
      : undefined;
  }

  readonly #viewOfQuoted = (bytes: Uint8Array, quoted: Datagram, quotedBy: ChecksumField) =>
    ipView(bytes, quoted, quotedBy, this.#tunnels);

  #has(kind: 'tcp' | 'udp' | 'icmp'): boolean {
    return transportKind(this.datagram) === kind && hasTransport(this.datagram);
  }

  ports(): Ports | undefined {
    const kind = transportKind(this.datagram);
    if (kind === 'icmp' || kind === 'other' || !this.#hasPorts()) return undefined;
    const isWholeSctp = kind === 'sctp' && !this.datagram.isFragment && this.quotedBy === undefined;
    return new PortsView(
      this.bytes,
      this.datagram.transportAt,
      this.transportChecksums(),
      isWholeSctp ? this.#sctpEnd() : undefined,
    );
  }

  #hasPorts(): boolean {
    return this.quotedBy ? hasQuotedTransport(this.datagram) : hasTransport(this.datagram);
  }

  /** Behind the datagram, also where its end is not here. */
  #sctpEnd(): number {
    return this.datagram.at + this.datagram.length;
  }

  flow(): FiveTuple | undefined {
    if (!this.#hasPorts()) return undefined;
    const ports = this.ports();
    const identifier = this.#echoIdentifier();
    return {
      src: this.src,
      dst: this.dst,
      sport: ports?.sport ?? identifier ?? 0,
      dport: ports?.dport ?? identifier ?? 0,
      protocol: this.protocol,
    };
  }

  rewrite(to: FiveTuple): void {
    if (protocolNumber(to.protocol) !== this.datagram.protocol) {
      throw new RangeError(`a packet of protocol ${this.protocol} cannot be rewritten to protocol ${to.protocol}`);
    }
    this.src = to.src;
    this.dst = to.dst;
    const ports = this.ports();
    if (ports) {
      ports.sport = to.sport;
      ports.dport = to.dport;
    } else if (this.#echoIdentifier() !== undefined) {
      writeWord(this.bytes, this.datagram.transportAt + 4, to.sport, this.transportChecksums());
    }
  }

  #echoIdentifier(): number | undefined {
    if (transportKind(this.datagram) !== 'icmp' || !this.#hasPorts()) return undefined;
    const { transportAt, version } = this.datagram;
    return isEchoType(version, getU8(this.bytes, transportAt)) ? getU16(this.bytes, transportAt + 4) : undefined;
  }

  /** Those that cover the transport header: its own, that of the error that quotes it, those of tunnels. */
  protected transportChecksums(): readonly ChecksumField[] {
    const own = this.quotedBy ? undefined : transportChecksum(this.datagram);
    return own ? [{ ...own, coveredBy: this.covering() }, ...this.covering()] : this.covering();
  }

  /** Those that cover the addresses through the pseudo header; none if this is a quoted packet. */
  protected pseudoHeaderChecksums(): readonly ChecksumField[] {
    const own = this.quotedBy ? undefined : transportChecksum(this.datagram);
    return own?.coversPseudoHeader ? [{ ...own, coveredBy: this.covering() }] : [];
  }

  protected writeAddress(at: number, address: Ip, checksums: readonly ChecksumField[]): void {
    const { version } = this.datagram;
    if (isIp4(address) !== (version === 4))
      throw new RangeError(`'${address}' cannot stand in an IPv${version} header`);
    const words = new Uint8Array(version === 4 ? 4 : 16);
    writeIp(address, words, 0);
    writeWords(this.bytes, at, words, checksums);
  }
}

const v4 = ipv4Layout.fields;

class Ipv4View extends IpView implements Ipv4Header {
  readonly version = 4;

  get src(): Ip4 {
    return readIp4(this.bytes, this.datagram.at + v4.src.at);
  }
  set src(address: Ip4) {
    this.writeAddress(this.datagram.at + v4.src.at, address, [
      ...this.#headerChecksums(),
      ...this.pseudoHeaderChecksums(),
    ]);
  }

  get dst(): Ip4 {
    return readIp4(this.bytes, this.datagram.at + v4.dst.at);
  }
  set dst(address: Ip4) {
    this.writeAddress(this.datagram.at + v4.dst.at, address, [
      ...this.#headerChecksums(),
      ...this.pseudoHeaderChecksums(),
    ]);
  }

  get hops(): number {
    return getU8(this.bytes, this.datagram.at + v4.hops.at);
  }
  set hops(hops: number) {
    const protocol = getU8(this.bytes, this.datagram.at + v4.protocol.at);
    writeWord(this.bytes, this.datagram.at + v4.hops.at, ((hops & 255) << 8) | protocol, this.#headerChecksums());
  }

  get trafficClass(): number {
    return getU8(this.bytes, this.datagram.at + v4.trafficClass.at);
  }
  set trafficClass(value: number) {
    const first = getU8(this.bytes, this.datagram.at);
    writeWord(this.bytes, this.datagram.at, (first << 8) | (value & 255), this.#headerChecksums());
  }

  get identification(): number {
    return getU16(this.bytes, this.datagram.at + v4.identification.at);
  }

  get dontFragment(): boolean {
    return (getU8(this.bytes, this.datagram.at + v4.dontFragment.at) & 0x40) !== 0;
  }

  #headerChecksums(): readonly ChecksumField[] {
    const own = { at: this.datagram.at + v4.checksum.at, zeroMeansNone: false, coveredBy: this.covering() };
    return [own, ...this.covering()];
  }
}

const { fields: v6, size: v6Size } = ipv6Layout;

/** IPv6 has no header checksum of its own. */
class Ipv6View extends IpView implements Ipv6Header {
  readonly version = 6;

  get src(): Ip6 {
    return readIp6(this.bytes, this.datagram.at + v6.src.at);
  }
  set src(address: Ip6) {
    this.writeAddress(this.datagram.at + v6.src.at, address, [...this.covering(), ...this.pseudoHeaderChecksums()]);
  }

  get dst(): Ip6 {
    return readIp6(this.bytes, this.datagram.at + v6.dst.at);
  }
  set dst(address: Ip6) {
    const at = this.datagram.at + v6.dst.at;
    const covering = this.datagram.finalDstAt === at ? this.pseudoHeaderChecksums() : [];
    this.writeAddress(at, address, [...this.covering(), ...covering]);
  }

  get hops(): number {
    return getU8(this.bytes, this.datagram.at + v6.hops.at);
  }
  set hops(hops: number) {
    const at = this.datagram.at + v6.nextHeader.at;
    writeWord(this.bytes, at, (getU8(this.bytes, at) << 8) | (hops & 255), this.covering());
  }

  get trafficClass(): number {
    return (getU16(this.bytes, this.datagram.at) >>> 4) & 255;
  }
  set trafficClass(value: number) {
    const word = (getU16(this.bytes, this.datagram.at) & 0xf00f) | ((value & 255) << 4);
    writeWord(this.bytes, this.datagram.at, word, this.covering());
  }

  get identification(): number | undefined {
    const { at, end } = this.datagram;
    const behind = at + v6Size + ipv6FragmentLayout.size;
    const isThere = getU8(this.bytes, at + v6.nextHeader.at) === extensionNumbers.fragment;
    if (!isThere || behind > end || behind > this.bytes.length) return undefined;
    return getU32(this.bytes, at + v6Size + ipv6FragmentLayout.fields.identification.at);
  }

  get flowLabel(): number {
    return getU32(this.bytes, this.datagram.at) & 0xf_ffff;
  }
  set flowLabel(value: number) {
    const { at } = this.datagram;
    writeWord(this.bytes, at, (getU16(this.bytes, at) & 0xfff0) | ((value >>> 16) & 15), this.covering());
    writeWord(this.bytes, at + 2, value & 0xffff, this.covering());
  }
}
