// Where a chain sits and what its programs weigh.
import { BpfProgram } from '@twinpath/ebpf';
import type { RunningChain } from '@twinpath/runtime';
import { grouped, tableText } from '../output/table.ts';

/** `startedMs`: how long it took to compile, load and attach. */
export function placementText(chain: RunningChain, startedMs: number): string {
  const { name, port } = chain.spec;
  const place = `${port.interface}${port.namespace === undefined ? '' : ` in namespace ${port.namespace}`}`;
  const rows = chain.statistics().functions.flatMap(({ name: of, programs }) =>
    programs.map(({ hook, name: program, id }) => {
      const { translatedSize, jitedSize, verifiedInstructions } = infoOf(id);
      const shown = hook === 'xdp' ? `xdp (${chain.mode})` : hook;
      return [of, shown, program, String(id), translatedSize / 8, jitedSize, verifiedInstructions];
    }),
  );
  const header = ['function', 'hook', 'program', 'id', 'instructions', 'machine code, bytes', 'verifier steps'];
  return `${name} sits on ${place}, started in ${grouped(Math.round(startedMs))} ms\n${tableText(header, rows)}`;
}

function infoOf(id: number) {
  using program = BpfProgram.fromId(id);
  return program.info();
}
