import { locateFrameDatagram } from '../dissect/frame.ts';
import { textOf } from '../text/text-of.ts';
import type { instant, Port } from '../types/values.ts';
import type { ArpHeader, CopiedPacket, EthernetHeader, IpHeader, Ipv4Header, Ipv6Header } from '../types/views.ts';
import { arpView } from './arp-view.ts';
import { ethernetView } from './ethernet-view.ts';
import { ipView } from './ip-view.ts';

export interface PacketContext {
  readonly port: Port;
  readonly now: instant;
  /** Bytes of the whole frame where `bytes` are only its beginning; default: all of it. */
  readonly length?: number;
}

/** The views over a frame's bytes (Ethernet header first). Writes go into `bytes`. Never throws, whatever the bytes are. This is
 *  the model that the compiled fast path agrees with byte for byte; rules: dissect/datagram.ts, dissect/transport.ts. */
export function packetView(bytes: Uint8Array, context: PacketContext): CopiedPacket {
  return new FrameView(bytes, context);
}

/** For packages that teach packets more. */
export class FrameView implements CopiedPacket {
  readonly bytes: Uint8Array;
  readonly port: Port;
  readonly now: instant;
  readonly length: number;

  constructor(bytes: Uint8Array, { port, now, length = bytes.length }: PacketContext) {
    this.bytes = bytes;
    this.port = port;
    this.now = now;
    this.length = length;
  }

  ethernet(): EthernetHeader | undefined {
    return ethernetView(this.bytes);
  }

  arp(): ArpHeader | undefined {
    return arpView(this.bytes);
  }

  ip(): IpHeader | undefined {
    return this.#ip();
  }

  ipv4(): Ipv4Header | undefined {
    const ip = this.#ip();
    return ip?.version === 4 ? ip : undefined;
  }

  ipv6(): Ipv6Header | undefined {
    const ip = this.#ip();
    return ip?.version === 6 ? ip : undefined;
  }

  toString(): string {
    return textOf(this.bytes);
  }

  #ip(): Ipv4Header | Ipv6Header | undefined {
    const datagram = locateFrameDatagram(this.bytes, this.length);
    return datagram && ipView(this.bytes, datagram);
  }
}
