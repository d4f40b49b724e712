import type { liveFace } from '../faces.ts';
import type { LiveTally } from '../live/tables.ts';
import type { Packet } from '../packet/packet.ts';
import { tableVerb } from '../spec/fast-path-only.ts';
import { SPEC } from '../spec/spec-key.ts';
import type { TallySpec } from '../spec/specs.ts';
import type { FastRecord, Shape } from '../types/type.ts';

/** Packets and bytes by label, per CPU; shown as one metric with these labels. New labels beyond `max` are counted together. */
export interface Tally<L extends Shape> {
  count(packet: Packet, labels: FastRecord<L>): void;
  readonly [SPEC]: TallySpec;
  readonly [liveFace]?: LiveTally<L>;
}

export function tally<const L extends Shape>(given: { by: L; max: number; help: string }): Tally<L> {
  const { by, max, help } = given;
  const spec: TallySpec = Object.freeze({ kind: 'tally', by, max, help });
  return Object.freeze({ count: tableVerb(spec, 'count'), [SPEC]: spec });
}
