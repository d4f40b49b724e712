// Removes what chains have on the host, with no other part of Twinpath running: whatever became of their processes.

import { detachLink, detachPinned, type OurLink, ourLinks } from './links.ts';
import { pinDirectory, recordFile } from './paths.ts';
import { pinnedChains, pinnedLinks, removeEmptyRoot, removePins } from './pins.ts';
import { isAlive, type ProcessId } from './process.ts';
import { hasRecord, readRecord, recordedChains, removeRecord } from './record.ts';

export type TakeDownTarget = { readonly chain: string } | { readonly all: true };

export interface RemovedChain {
  readonly chain: string;
  /** The process that started it, and whether it still runs; `undefined`: the record was lost. */
  readonly process: (ProcessId & { readonly alive: boolean }) | undefined;
  readonly interface: string | undefined;
  readonly namespace: string | undefined;
  readonly links: readonly OurLink[];
  /** Paths. */
  readonly pins: readonly string[];
  /** Path. */
  readonly record: string | undefined;
}

export interface TakenDown {
  readonly chains: readonly RemovedChain[];
  /** Links of ours that belong to no chain that is known. Only for `all`. */
  readonly strays: readonly OurLink[];
}

/**
 * Detaches, unpins and forgets one chain or everything of ours, in all network namespaces. Nothing found is no error.
 * @throws SyscallError (EPERM without CAP_SYS_ADMIN).
 */
export function takeDown(target: TakeDownTarget): TakenDown {
  if ('chain' in target) checkName(target.chain);
  const names = 'chain' in target ? [target.chain] : [...new Set([...recordedChains(), ...pinnedChains()])];
  const chains = names.map(removeChain).filter(({ links, pins, record }) => links.length + pins.length > 0 || record);
  removeEmptyRoot();
  const strays = 'chain' in target ? [] : ourLinks().map(({ id }) => detachLink(id));
  return { chains, strays: strays.filter((link) => link !== undefined) };
}

function removeChain(chain: string): RemovedChain {
  const record = readRecord(chain);
  // Links before pins before the record: what fails in between is found again.
  const pinned = pinnedLinks(chain).map(detachPinned);
  const known = new Set(pinned.map(({ id }) => id));
  const recorded = (record?.links ?? []).filter(({ id }) => !known.has(id)).map(({ id }) => detachLink(id));
  const pins = removePins(pinDirectory(chain));
  const file = hasRecord(chain) ? recordFile(chain) : undefined;
  removeRecord(chain);
  return {
    chain,
    process: record && { ...record.process, alive: isAlive(record.process) },
    interface: record?.interface,
    namespace: record?.namespace,
    links: [...pinned, ...recorded.filter((link) => link !== undefined)],
    pins,
    record: file,
  };
}

/** The name becomes a path. */
function checkName(chain: string): void {
  if (!/^[a-z][a-z0-9-]*$/.test(chain)) throw new RangeError(`'${chain}' is no name of a chain`);
}
