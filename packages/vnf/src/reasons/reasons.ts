import type { Duration } from '../functions/duration.ts';
import { parseDuration } from '../functions/duration.ts';
import { parseRate, type Rate } from '../functions/rate.ts';
import { SPEC } from '../spec/spec-key.ts';
import type { NoticeSpec, PacketCopySpec, PacketInSpec } from '../spec/specs.ts';
import { VnfSpecError } from '../spec/vnf-spec-error.ts';
import type { FastRecord, Shape } from '../types/type.ts';

/** Why something goes up. Config may override `limit`, `snap` and `way` of each reason. */
export interface ReasonOptions<M extends Shape> {
  /** At most so many, kept in the kernel, shared fairly by the CPUs. */
  readonly limit: Rate;
  readonly metadata?: M;
}
export interface PacketReasonOptions<M extends Shape> extends ReasonOptions<M> {
  /** Bytes of the packet that go up; default all. A packet cut short can be answered only if the whole of it is held. */
  readonly snap?: number;
  /** Default `ring`. */
  readonly way?: 'ring' | 'interface' | 'xsk';
  /** Bytes of events that may wait for the slow path: a power of 2, from 4 KiB to 256 MiB. All reasons of a function wait in one ring, as
   *  large as the largest of these; default 1 MiB. */
  readonly backlog?: number;
}
export interface PacketInOptions<M extends Shape> extends PacketReasonOptions<M> {
  /** Default `drop`. */
  readonly overLimit?: 'drop' | 'next' | 'stack';
  /** Default `drop`. */
  readonly unanswered?: 'drop' | 'resume';
  readonly answerWithin?: Duration;
}

export interface PacketIn<M extends Shape> {
  readonly [SPEC]: PacketInSpec;
  readonly metadata?: M;
}
export interface PacketCopy<M extends Shape> {
  readonly [SPEC]: PacketCopySpec;
  readonly metadata?: M;
}
export interface Notice<M extends Shape> {
  readonly [SPEC]: NoticeSpec;
  readonly metadata?: M;
}
/** A notice that is written into the log. */
export interface LogLine<M extends Shape> extends Notice<M> {
  readonly text: string;
}
export type Reason = PacketIn<Shape> | PacketCopy<Shape> | Notice<Shape>;
/** Nothing to give where no metadata is declared. */
export type Metadata<M extends Shape> = keyof M extends never ? [] : [metadata: FastRecord<M>];

// An empty object type is the shape without fields: here it means exactly that.
// biome-ignore lint/complexity/noBannedTypes: `Shape` itself would have every field.
type NoFields = {};

/** Packets handed over. Not answered within `answerWithin` (default 1 s): `unanswered` is done, counted and logged. */
export function packetIn<const M extends Shape = NoFields>(given: PacketInOptions<M>): PacketIn<M> {
  const { overLimit = 'drop', unanswered = 'drop', answerWithin = '1 s' } = given;
  const spec: PacketInSpec = Object.freeze({
    kind: 'packetIn',
    ...packetReason(given, 'packetIn()'),
    overLimit,
    unanswered,
    answerWithinNs: parseDuration(answerWithin, 'packetIn(), answerWithin'),
  });
  return Object.freeze({ ...metadataOf(given), [SPEC]: spec });
}

export function packetCopy<const M extends Shape = NoFields>(given: PacketReasonOptions<M>): PacketCopy<M> {
  const spec: PacketCopySpec = Object.freeze({ kind: 'packetCopy', ...packetReason(given, 'packetCopy()') });
  return Object.freeze({ ...metadataOf(given), [SPEC]: spec });
}

export function notice<const M extends Shape = NoFields>(given: ReasonOptions<M>): Notice<M> {
  const spec: NoticeSpec = Object.freeze({ kind: 'notice', text: undefined, ...reason(given, 'notice()') });
  return Object.freeze({ ...metadataOf(given), [SPEC]: spec });
}

/**
 * A line of the log that the fast path writes with `notify`; no handler. Over its limit it is not written, but counted.
 *
 * @example
 * const refused = logLine('refused {src} port {port}', { metadata: { src: ip, port: u16 }, limit: '10/s' });
 */
export function logLine<const M extends Shape = NoFields>(text: string, given: ReasonOptions<M>): LogLine<M> {
  const { metadata = {} } = given;
  for (const [, field = ''] of text.matchAll(/\{(\w+)\}/g)) {
    if (Object.hasOwn(metadata, field)) continue;
    const known = Object.keys(metadata).join(', ') || 'none';
    throw new VnfSpecError(`logLine('${text}')`, `there is no field ${field} in its metadata`, `fields are ${known}`);
  }
  const spec: NoticeSpec = Object.freeze({ kind: 'notice', text, ...reason(given, 'logLine()') });
  return Object.freeze({ ...metadataOf(given), text, [SPEC]: spec });
}

function reason({ limit, metadata = {} }: ReasonOptions<Shape>, where: string) {
  return { metadata, limitPerSecond: parseRate(limit, `${where}, limit`) };
}
function packetReason(given: PacketReasonOptions<Shape>, where: string) {
  const { snap, way = 'ring', backlog } = given;
  return { ...reason(given, where), snap, way, backlog } as const;
}
function metadataOf<M extends Shape>({ metadata }: ReasonOptions<M>): { readonly metadata?: M } {
  return metadata === undefined ? {} : { metadata };
}
