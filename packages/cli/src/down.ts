// Stands on the part of the runtime that removes, and on nothing else: it works where nothing else does.
import { type RemovedChain, type TakenDown, takeDown } from '@twinpath/runtime/host';
import { UsageError } from './output/command-error.ts';
import { printJson } from './output/json.ts';
import { tableText } from './output/table.ts';

export interface DownOptions {
  readonly all?: boolean;
  readonly json?: boolean;
}

/** @throws UsageError unless it is told exactly one of: a name, all. */
export async function down(name: string | undefined, { all = false, json = false }: DownOptions): Promise<void> {
  if (all === (name !== undefined)) {
    throw new UsageError('what is to be taken down?', 'give the name of a chain, or --all');
  }
  const taken = takeDown(name === undefined ? { all: true } : { chain: name });
  if (json) printJson(taken);
  else process.stdout.write(`${takenText(taken)}\n`);
}

function takenText({ chains, strays }: TakenDown): string {
  if (chains.length + strays.length === 0) return 'Nothing of Twinpath was there.';
  const header = ['removed', 'where', 'attached', 'pins', 'its process'];
  const rows = chains.map((chain) => [
    chain.chain,
    placeOf(chain),
    chain.links.length + chain.filters.length,
    chain.pins.length,
    processOf(chain),
  ]);
  const lost = strays.map(({ program, ifindex }) => [program, `interface ${ifindex}`, 1, 0, 'unknown']);
  return tableText(header, [...rows, ...lost]);
}

function placeOf({ interface: link, namespace }: RemovedChain): string {
  if (link === undefined) return 'unknown';
  return namespace === undefined ? link : `${link} in namespace ${namespace}`;
}

function processOf({ process: its }: RemovedChain): string {
  if (its === undefined) return 'unknown';
  return its.alive ? `${its.pid}, still running` : `${its.pid}, ended`;
}
