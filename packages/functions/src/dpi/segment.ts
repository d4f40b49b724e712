import { type Datagram, hasTransport, locateFrameDatagram, protocolNumbers } from '@twinpath/packet';

const FIN = 1;
const SYN = 2;
const RST = 4;
const ACK = 16;
const TCP_FIXED = 20;
const TCP_FLAGS = 13;
const UDP_FIXED = 8;

/** A packet as classifiers need it. Every packet of an undecided flow becomes one: nothing is read before somebody asks. */
export class Segment {
  readonly isUdp: boolean;
  /** Bits of the TCP header's flags; 0 where there is none. */
  readonly #flags: number;
  readonly #payloadAt: number;
  readonly #datagram: Datagram;
  #frame: Uint8Array;
  #isKept = false;

  constructor(frame: Uint8Array, datagram: Datagram) {
    const { protocol, transportAt, end } = datagram;
    this.#frame = frame;
    this.#datagram = datagram;
    this.isUdp = protocol === protocolNumbers.udp;
    const tcpHeader = protocol === protocolNumbers.tcp ? ((frame[transportAt + 12] ?? 0) >> 4) * 4 : 0;
    const isTcp = tcpHeader >= TCP_FIXED && transportAt + tcpHeader <= end;
    this.#flags = isTcp ? (frame[transportAt + TCP_FLAGS] ?? 0) : 0;
    this.#payloadAt = isTcp ? transportAt + tcpHeader : this.isUdp ? transportAt + UDP_FIXED : end;
  }

  /** From the IP header on, with whatever is behind the datagram: what nDPI gets. */
  get ip(): Uint8Array {
    return this.#frame.subarray(this.#datagram.at);
  }
  get hasPayload(): boolean {
    return this.#payloadAt < this.#datagram.end;
  }
  get payload(): Uint8Array {
    return this.#frame.subarray(this.#payloadAt, this.#datagram.end);
  }
  /** Of TCP. */
  get sequence(): number {
    const at = this.#datagram.transportAt + 4;
    return this.#word(at) * 0x1_0000 + this.#word(at + 2);
  }
  get isSyn(): boolean {
    return (this.#flags & SYN) !== 0;
  }
  get isSynAck(): boolean {
    return (this.#flags & (SYN | ACK)) === (SYN | ACK);
  }
  get isFin(): boolean {
    return (this.#flags & FIN) !== 0;
  }
  get isReset(): boolean {
    return (this.#flags & RST) !== 0;
  }

  /** It comes from the end that is first in the flow's canonical key. */
  get isFromFirst(): boolean {
    const { version, at, transportAt } = this.#datagram;
    const [address, size] = version === 4 ? [at + 12, 4] : [at + 8, 16];
    for (let index = 0; index < size; index++) {
      const difference = (this.#frame[address + index] ?? 0) - (this.#frame[address + size + index] ?? 0);
      if (difference !== 0) return difference < 0;
    }
    return this.#word(transportAt) <= this.#word(transportAt + 2);
  }

  /** The frame lies in a block with many others, which it would hold. */
  keep(): void {
    if (!this.#isKept) this.#frame = this.#frame.slice();
    this.#isKept = true;
  }

  #word(at: number): number {
    return ((this.#frame[at] ?? 0) << 8) | (this.#frame[at + 1] ?? 0);
  }
}

/** `undefined`: there is no flow in it. Never throws, whatever the bytes are. */
export function segmentOf(frame: Uint8Array): Segment | undefined {
  const datagram = locateFrameDatagram(frame, frame.length);
  return datagram && hasTransport(datagram) ? new Segment(frame, datagram) : undefined;
}
