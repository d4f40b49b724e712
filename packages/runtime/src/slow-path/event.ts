import { EVENT, eventPrefix, ORIGINS } from '@twinpath/compiler/abi';
import { type Codec, codec, type DecodedRecord } from '@twinpath/vnf/layout';
import type { FunctionPlan, ReasonPlan } from '@twinpath/vnf/plan';
import { insertVlanTag } from './vlan-tag.ts';

/** What came up, copied out of the ring. */
export interface PacketEvent {
  readonly reason: ReasonPlan;
  readonly origin: (typeof ORIGINS)[number];
  /** How often the packet has been through the function before. */
  readonly trips: number;
  readonly ifindex: number;
  /** Bytes of the frame as it was, tag included. */
  readonly length: number;
  /** The frame, or its beginning; empty for a notice. */
  readonly bytes: Uint8Array;
  /** Nanoseconds of CLOCK_MONOTONIC. */
  readonly time: number;
  readonly metadata: DecodedRecord;
}

/** Reads the events of one function. */
export class EventDecoder {
  readonly #reasons: readonly ReasonPlan[];
  readonly #codecs: readonly (Codec | undefined)[];

  constructor({ reasons }: FunctionPlan, ports: readonly string[]) {
    this.#reasons = reasons;
    this.#codecs = reasons.map(({ metadata }) => metadata && codec(metadata, { ports }));
  }

  /** `undefined`: these bytes are no event of the function. */
  decode(memory: DataView, offset: number, length: number): PacketEvent | undefined {
    if (length < EVENT.header) return undefined;
    const index = memory.getUint16(offset + EVENT.reason, true);
    const reason = this.#reasons[index];
    const origin = ORIGINS[memory.getUint8(offset + EVENT.origin)];
    if (reason === undefined || origin === undefined) return undefined;
    const prefix = eventPrefix(reason.metadata?.size ?? 0);
    const captured = memory.getUint32(offset + EVENT.captured, true);
    if (prefix + captured > length) return undefined;
    const all = new Uint8Array(memory.buffer, memory.byteOffset + offset, prefix + captured).slice();
    const tag = memory.getUint32(offset + EVENT.vlan, true);
    const bytes = insertVlanTag(all.subarray(prefix), tag);
    return {
      reason,
      origin,
      trips: memory.getUint8(offset + EVENT.trips),
      ifindex: memory.getUint32(offset + EVENT.ifindex, true),
      length: memory.getUint32(offset + EVENT.length, true) + bytes.length - captured,
      bytes,
      time: Number(memory.getBigUint64(offset + EVENT.time, true)),
      metadata: this.#metadata(index, all),
    };
  }

  #metadata(index: number, event: Uint8Array): DecodedRecord {
    const decoded = this.#codecs[index]?.decode(event, EVENT.header);
    return typeof decoded === 'object' ? { ...decoded } : {};
  }
}
