// Where a chain sits and what its programs weigh.
import { BpfProgram } from '@twinpath/ebpf';
import type { LiveEngineChain, RunningChain } from '@twinpath/runtime';
import { grouped, tableText } from '../output/table.ts';

/** `startedMs`: how long it took to compile, load and attach. */
export async function placementText(chain: RunningChain, startedMs: number): Promise<string> {
  const { name } = chain.spec;
  const namespace = namespacesOf(chain);
  const place = `${interfacesOf(chain)}${namespace === undefined ? '' : ` in namespace ${namespace}`}`;
  const { functions } = await chain.statistics();
  const rows = functions.flatMap(({ name: of, programs }) =>
    programs.map(({ hook, name: program, id }) => {
      const { translatedSize, jitedSize, verifiedInstructions } = infoOf(id);
      const shown = hook === 'xdp' ? `xdp (${chain.mode})` : hook;
      return [of, shown, program, String(id), translatedSize / 8, jitedSize, verifiedInstructions];
    }),
  );
  const header = ['function', 'hook', 'program', 'id', 'instructions', 'machine code, bytes', 'verifier steps'];
  return `${name} sits on ${place}, started in ${grouped(Math.round(startedMs))} ms\n${tableText(header, rows)}`;
}

export function enginePlacementText({ spec, told }: LiveEngineChain, startedMs: number): string {
  const ports = told.map((line) => `  ${line}`).join('\n');
  return `${spec.name} runs in the engine of this process, started in ${grouped(Math.round(startedMs))} ms\n${ports}`;
}

/** Names, separated by commas; `undefined`: that of the process alone. */
export const namespacesOf = ({ ports }: RunningChain): string | undefined =>
  [...new Set(ports.flatMap(({ namespace }) => namespace ?? []))].join(', ') || undefined;

export const interfacesOf = ({ ports }: RunningChain): string => ports.map((port) => port.interface).join(', ');

function infoOf(id: number) {
  using program = BpfProgram.fromId(id);
  return program.info();
}
