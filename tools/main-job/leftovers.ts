// What of a run still exists: read from the host, not from what the run believes.
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { listBpfLinks, programIds } from '@twinpath/ebpf';
import { pinDirectory, recordFile } from '@twinpath/runtime/host';
import type { Lab } from '@twinpath/testing/lab';

export interface Traces {
  readonly lab: Lab;
  readonly chain: string;
  /** The kernel's numbers of the chain's programs. */
  readonly programs: ReadonlySet<number>;
}

/** The kernel frees links and programs a little after they are let go. */
const GRACE_MS = 1_000;
const PERIOD_MS = 20;

export async function leftoversOf(traces: Traces): Promise<readonly string[]> {
  const end = performance.now() + GRACE_MS;
  for (;;) {
    const found = look(traces);
    if (found.length === 0 || performance.now() > end) return found;
    await delay(PERIOD_MS);
  }
}

function look({ lab, chain, programs }: Traces): readonly string[] {
  const links = listBpfLinks().filter(({ programId }) => programs.has(programId));
  return [
    ...lab.leftovers(),
    ...[pinDirectory(chain), recordFile(chain)].filter((path) => existsSync(path)),
    ...links.map(({ id, type }) => `${type} link ${id}`),
    ...programIds()
      .filter((id) => programs.has(id))
      .map((id) => `program ${id}`),
  ];
}
