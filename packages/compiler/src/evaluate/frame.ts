// The frame that a run works on. When a helper moves its ends, a new Memory begins: pointers into the old one are dead.

import type { Hook } from '../ir/types.ts';
import { Fault } from './fault.ts';
import { Memory, Pointer, type Proof } from './memory.ts';

/** Bytes in front of an XDP frame that adjust_head may take: XDP_PACKET_HEADROOM less the kernel's own struct xdp_frame. */
const HEADROOM = 256 - 40;
/** How long adjust_tail may make the frame: a page less headroom and struct skb_shared_info, as in test runs. */
const LONGEST = 4096 - 256 - 320;
const ETHERNET_HEADER = 14;

export class Frame {
  #memory: Memory;
  /** Bytes that programs may point to; the rest lies in fragments. */
  #linear: number;
  /** What lies in front: the kernel keeps it when the head moves, there and back. Test runs begin with zeros. */
  #headroom = new Uint8Array(HEADROOM);
  #tailroom: number;

  constructor(packet: Uint8Array, linear: number) {
    this.#memory = new Memory('the packet', packet.slice());
    this.#linear = linear;
    this.#tailroom = Math.max(0, LONGEST - packet.length);
  }

  get bytes(): Uint8Array {
    return this.#memory.bytes;
  }

  get linear(): number {
    return this.#linear;
  }

  start(): Pointer {
    return new Pointer('packet', this.#memory, 0, { checked: true, origin: 0, proven: 0 });
  }

  end(): Pointer {
    return new Pointer('packet-end', this.#memory, this.#linear, { checked: true, origin: 0, proven: 0 });
  }

  /** The verifier gives a pointer that moved by something not constant an origin of its own, with nothing proven. */
  moved(pointer: Pointer, by: number, constant: boolean): Pointer {
    const { origin } = pointer.proof;
    const proof: Proof = constant ? pointer.proof : { checked: true, origin: origin + by, proven: 0 };
    return new Pointer('packet', pointer.memory, pointer.offset + by, proof);
  }

  /** in-packet: whether `size` bytes from the pointer on lie in the linear part; if so they are proven from now on. */
  prove(pointer: Pointer, size: number): boolean {
    this.requireCurrent(pointer);
    if (pointer.offset + size > this.#linear) return false;
    const { proof } = pointer;
    proof.proven = Math.max(proof.proven, pointer.offset - proof.origin + size);
    return true;
  }

  requireCurrent(pointer: Pointer): void {
    if (pointer.kind !== 'packet' && pointer.kind !== 'packet-end') return;
    if (pointer.memory !== this.#memory) {
      throw new Fault(
        'a packet pointer is used after a helper moved the packet',
        'Take the views anew after resizing.',
      );
    }
  }

  /** bpf_xdp_adjust_head: false if there is no room, or if less than an Ethernet header would be left. */
  adjustHead(by: number): boolean {
    if (-by > this.#headroom.length || by > this.#linear - ETHERNET_HEADER) return false;
    const head = this.#headroom.length + by;
    const all = concat(this.#headroom, this.bytes);
    this.#headroom = all.slice(0, head);
    this.#replace(all.subarray(head), this.#linear - by);
    return true;
  }

  /** bpf_xdp_adjust_tail: the kernel zeroes what is added. */
  adjustTail(by: number): boolean {
    const { length } = this.bytes;
    if (by > this.#tailroom || length + by < ETHERNET_HEADER) return false;
    this.#tailroom -= by;
    const bytes = by <= 0 ? this.bytes.subarray(0, length + by) : concat(this.bytes, new Uint8Array(by));
    this.#replace(bytes, Math.min(this.#linear + Math.max(by, 0), bytes.length));
    return true;
  }

  /** Bytes of the linear part become others: the VLAN helpers and bpf_skb_adjust_room. */
  splice(at: number, removed: number, added: Uint8Array): void {
    const front = concat(this.bytes.subarray(0, at), added);
    this.#replace(concat(front, this.bytes.subarray(at + removed)), this.#linear - removed + added.length);
  }

  /** bpf_skb_pull_data: at least `size` bytes become linear; 0 stands for those that are. */
  pull(size: number): boolean {
    if (size > this.bytes.length) return false;
    this.#replace(this.bytes, Math.max(this.#linear, size));
    return true;
  }

  /** A helper was called that may have moved the packet. */
  touch(): void {
    this.#replace(this.bytes, this.#linear);
  }

  #replace(bytes: Uint8Array, linear: number): void {
    this.#memory = new Memory('the packet', bytes.slice());
    this.#linear = linear;
  }
}

/** What the hook's context says of the frame unless the run's input says otherwise. */
export function defaultContext(hook: Hook, packet: Uint8Array): Readonly<Record<string, number>> {
  if (hook === 'xdp') return {};
  return { len: packet.length, wire_len: packet.length, protocol: swap16(protocol(packet)) };
}

const ETH_P_802_3 = 0x0001;
const ETH_P_802_2 = 0x0004;

/** What eth_type_trans makes of the frame: below 0x600 the field is a length. */
function protocol(packet: Uint8Array): number {
  const field = (at: number) => ((packet[at] ?? 0) << 8) | (packet[at + 1] ?? 0);
  if (field(12) >= 0x600) return field(12);
  // Raw IPX begins with a checksum of ones.
  return packet.length >= 16 && field(14) === 0xffff ? ETH_P_802_3 : ETH_P_802_2;
}

/** skb->protocol is big endian in memory; programs load it as it lies there. */
const swap16 = (value: number): number => ((value & 0xff) << 8) | (value >> 8);

function concat(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(left.length + right.length);
  bytes.set(left);
  bytes.set(right, left.length);
  return bytes;
}
