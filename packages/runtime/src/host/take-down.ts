// Removes what chains have on the host, with no other part of Twinpath running: whatever became of their processes.

import { type OurFilter, ourFilters, removeFilters, removeOurs } from './filters.ts';
import { detachLink, detachPinned, type OurLink, ourLinks } from './links.ts';
import { pinDirectory, recordFile, STATE_ROOT } from './paths.ts';
import { pinnedChains, pinnedLinks, removeEmptyRoot, removePins } from './pins.ts';
import { isAlive, type ProcessId } from './process.ts';
import { hasRecord, interfacesOf, namespacesOf, readRecord, recordedChains, removeRecord } from './record.ts';
import { restoreSettings } from './settings.ts';
import { forgetSpec, storedSpecs } from './stored-specs.ts';

export type TakeDownTarget = { readonly chain: string } | { readonly all: true };

export interface RemovedChain {
  readonly chain: string;
  /** The process that started it, and whether it still runs; `undefined`: the record was lost. */
  readonly process: (ProcessId & { readonly alive: boolean }) | undefined;
  /** Names, separated by commas. */
  readonly interface: string | undefined;
  /** Names, separated by commas; `undefined`: that of the process alone. */
  readonly namespace: string | undefined;
  readonly links: readonly OurLink[];
  /** In place of links, on kernels without tcx. */
  readonly filters: readonly OurFilter[];
  /** Paths. */
  readonly pins: readonly string[];
  /** Path. */
  readonly record: string | undefined;
  /** Path of what would have brought it back after a reboot. */
  readonly spec: string | undefined;
}

export interface TakenDown {
  readonly chains: readonly RemovedChain[];
  /** What is attached of ours and belongs to no chain that is known. Only for `all`. */
  readonly strays: readonly (OurLink | OurFilter)[];
}

/**
 * Detaches, unpins and forgets one chain or everything of ours, in all network namespaces. Nothing found is no error.
 * @throws SyscallError (EPERM without CAP_SYS_ADMIN).
 */
export function takeDown(target: TakeDownTarget): TakenDown {
  if ('chain' in target) checkName(target.chain);
  const known = () => [...recordedChains(), ...pinnedChains(), ...storedSpecs(STATE_ROOT).map(({ chain }) => chain)];
  const names = 'chain' in target ? [target.chain] : [...new Set(known())];
  const chains = names.map(removeChain).filter(isSomething);
  removeEmptyRoot();
  return { chains, strays: 'chain' in target ? [] : removeStrays() };
}

const isSomething = ({ links, filters, pins, record, spec }: RemovedChain) =>
  links.length + filters.length + pins.length > 0 || record !== undefined || spec !== undefined;

function removeStrays(): (OurLink | OurFilter)[] {
  const links = ourLinks().map(({ id }) => detachLink(id));
  // Whose discipline it is, nobody knows any more.
  const filters = ourFilters().filter((filter) => removeOurs(filter, false));
  return [...links.filter((link) => link !== undefined), ...filters];
}

function removeChain(chain: string): RemovedChain {
  const record = readRecord(chain);
  // Links before pins before the record: what fails in between is found again.
  const pinned = pinnedLinks(chain).map(detachPinned);
  const known = new Set(pinned.map(({ id }) => id));
  const recorded = (record?.links ?? []).filter(({ id }) => !known.has(id)).map(({ id }) => detachLink(id));
  const filters = removeFilters(chain, record);
  restoreSettings(record?.settings ?? []);
  const pins = removePins(pinDirectory(chain));
  const file = hasRecord(chain) ? recordFile(chain) : undefined;
  removeRecord(chain);
  return {
    chain,
    process: record && { ...record.process, alive: isAlive(record.process) },
    interface: record && interfacesOf(record),
    namespace: record && (namespacesOf(record).join(', ') || undefined),
    links: [...pinned, ...recorded.filter((link) => link !== undefined)],
    filters,
    pins,
    record: file,
    spec: forgetSpec(record?.state ?? STATE_ROOT, chain),
  };
}

/** The name becomes a path. */
function checkName(chain: string): void {
  if (!/^[a-z][a-z0-9-]*$/.test(chain)) throw new RangeError(`'${chain}' is no name of a chain`);
}
