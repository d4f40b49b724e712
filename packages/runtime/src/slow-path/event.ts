import { EVENT, eventPrefix, ORIGINS } from '@twinpath/compiler/abi';
import type { Hook } from '@twinpath/vnf/chain';
import { type Codec, codec, type Decoded, type DecodedRecord } from '@twinpath/vnf/layout';
import type { FunctionPlan, ReasonPlan } from '@twinpath/vnf/plan';
import type { TakenPacket } from '../packet-out/packet-out.ts';
import { insertVlanTag } from './vlan-tag.ts';

/** What came up, copied out of the ring. */
export interface PacketEvent extends TakenPacket {
  readonly reason: ReasonPlan;
  readonly hook: Hook;
  /** Bytes of the frame as it was, tag included. */
  readonly length: number;
  /** The frame, or its beginning; empty for a notice. */
  readonly bytes: Uint8Array;
  /** Nanoseconds of CLOCK_MONOTONIC. */
  readonly time: number;
  readonly metadata: DecodedRecord;
}

interface KnownReason {
  readonly plan: ReasonPlan;
  readonly metadata: Codec | undefined;
  /** Bytes in front of the packet. */
  readonly prefix: number;
}

/** Events are copied into blocks of this size, because making memory for each costs more than copying it. */
const BLOCK = 64 << 10;

/** Reads the events of one function. */
export class EventDecoder {
  readonly #reasons: readonly KnownReason[];
  #block = new Uint8Array(BLOCK);
  #used = 0;
  /** Of the ring or the frames that events were read from last, and its bytes: a view for each event would cost as much as its copy. */
  #memory: DataView | undefined;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor({ reasons }: FunctionPlan, ports: readonly string[]) {
    this.#reasons = reasons.map((plan) => ({
      plan,
      metadata: plan.metadata && codec(plan.metadata, { ports }),
      prefix: eventPrefix(plan.metadata?.size ?? 0),
    }));
  }

  /** `undefined`: these bytes are no event of the function. */
  decode(memory: DataView, offset: number, length: number): PacketEvent | undefined {
    if (length < EVENT.header) return undefined;
    const reason = this.#reasons[memory.getUint16(offset + EVENT.reason, true)];
    const hook = ORIGINS[memory.getUint8(offset + EVENT.origin)];
    if (reason === undefined || hook === undefined) return undefined;
    const { plan, prefix } = reason;
    const captured = memory.getUint32(offset + EVENT.captured, true);
    if (prefix + captured > length) return undefined;
    const bytes = this.#bytesOf(memory);
    const copied = this.#copy(bytes.subarray(offset + prefix, offset + prefix + captured));
    const tag = memory.getUint32(offset + EVENT.vlan, true);
    const frame = tag === 0 ? copied : insertVlanTag(copied, tag);
    return {
      reason: plan,
      hook,
      position: memory.getUint16(offset + EVENT.position, true),
      trips: memory.getUint8(offset + EVENT.trips),
      ifindex: memory.getUint32(offset + EVENT.ifindex, true),
      length: memory.getUint32(offset + EVENT.length, true) + frame.length - captured,
      // A tag that the kernel kept beside the packet was not in what was cut.
      bytes: frame.length === captured ? frame : frame.subarray(0, plan.snap),
      segmentSize: memory.getUint16(offset + EVENT.segmentSize, true),
      time: memory.getUint32(offset + EVENT.time, true) + memory.getUint32(offset + EVENT.time + 4, true) * 2 ** 32,
      metadata: this.#metadata(reason.metadata, bytes, offset + EVENT.header),
    };
  }

  #copy(bytes: Uint8Array): Uint8Array {
    if (bytes.length > BLOCK / 8) return bytes.slice();
    if (this.#used + bytes.length > BLOCK) {
      this.#block = new Uint8Array(BLOCK);
      this.#used = 0;
    }
    const copy = this.#block.subarray(this.#used, this.#used + bytes.length);
    copy.set(bytes);
    this.#used += bytes.length;
    return copy;
  }

  #bytesOf(memory: DataView): Uint8Array {
    if (memory !== this.#memory) this.#bytes = new Uint8Array(memory.buffer, memory.byteOffset, memory.byteLength);
    this.#memory = memory;
    return this.#bytes;
  }

  #metadata(metadata: Codec | undefined, bytes: Uint8Array, at: number): DecodedRecord {
    const decoded = metadata?.decode(bytes, at);
    return isRecord(decoded) ? decoded : {};
  }
}

const isRecord = (value: Decoded): value is DecodedRecord => typeof value === 'object';
