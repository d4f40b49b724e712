// Whether what stands at a place is what would be loaded there. The verifier need not see it again then: when another process goes on
// with a chain, or a slow path begins again.

import { createHash } from 'node:crypto';
import type { BpfMap, BpfProgram, ProgramSpec } from '@twinpath/ebpf';

/** The program's number, and a digest of its code with the names of its maps: what was loaded to a position. */
export const MADE = { size: 40, id: 0, digest: 8 } as const;

export function recordOf({ code, relocations }: ProgramSpec, id: number): Uint8Array {
  const record = new Uint8Array(MADE.size);
  new DataView(record.buffer).setUint32(MADE.id, id, true);
  record.set(createHash('sha256').update(code).update(JSON.stringify(relocations)).digest(), MADE.digest);
  return record;
}

export interface Standing {
  readonly program: BpfProgram;
  /** Of the position at which it stands. */
  readonly record: Uint8Array | undefined;
}

export function isStanding(
  { program, record }: Standing,
  spec: ProgramSpec,
  maps: Readonly<Record<string, BpfMap>>,
): boolean {
  const { id, mapIds } = program.info();
  if (record === undefined || Buffer.compare(record, recordOf(spec, id)) !== 0) return false;
  // Under the same names others may be there now.
  const wanted = new Set(spec.relocations.map(({ map }) => maps[map]?.info().id ?? 0));
  return wanted.size === mapIds.length && mapIds.every((one) => wanted.has(one));
}
