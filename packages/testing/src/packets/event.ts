import { EVENT, eventPrefix } from '@twinpath/compiler/abi';
import { codec } from '@twinpath/vnf/layout';
import type { FunctionPlan } from '@twinpath/vnf/plan';

export interface SeenEvent {
  readonly reason: string;
  readonly kind: 'packetIn' | 'packetCopy' | 'notice';
  /** `undefined`: the reason has none. */
  readonly metadata: unknown;
  /** What went up of the packet. */
  readonly packet: Uint8Array;
  /** Bytes that the frame had. */
  readonly length: number;
}

export function decodeEvent(plan: FunctionPlan, ports: readonly string[], record: Uint8Array): SeenEvent {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const index = view.getUint16(EVENT.reason, true);
  const reason = plan.reasons[index];
  if (reason === undefined) throw new Error(`an event has reason ${index}, which the function does not have`);
  const start = eventPrefix(reason.metadata?.size ?? 0);
  const captured = view.getUint32(EVENT.captured, true);
  return {
    reason: reason.name,
    kind: reason.kind,
    metadata: reason.metadata && codec(reason.metadata, { ports }).decode(record, EVENT.header),
    packet: record.slice(start, start + captured),
    length: view.getUint32(EVENT.length, true),
  };
}
