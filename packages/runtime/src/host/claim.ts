import { join } from 'node:path';
import { mountBpffs } from '@twinpath/linux';
import { ChainError } from '../chain/chain-error.ts';
import { pinDirectory, RECORD_ROOT } from './paths.ts';
import { MAPS, pinnedChains, removePins } from './pins.ts';
import { isAlive, thisProcess } from './process.ts';
import {
  type ChainRecord,
  createRecord,
  type FilterRecord,
  hasRecord,
  interfacesOf,
  type LinkRecord,
  readRecord,
  removeRecord,
  writeRecord,
} from './record.ts';
import { restoreSettings, type SettingRecord } from './settings.ts';

export type ClaimOptions = Pick<ChainRecord, 'chain' | 'ports' | 'namespace'>;

/** A chain's place on this host, from before anything is attached until all is gone. */
export class HostClaim implements Disposable {
  /** Directory for its pins, on a BPF file system. */
  readonly pins: string;
  #record: ChainRecord;

  /** @throws ChainError: a chain of this name runs, or was left behind. */
  constructor({ chain, ...where }: ClaimOptions) {
    mountBpffs();
    this.pins = pinDirectory(chain);
    const nothing = { links: [], filters: [], settings: [] };
    this.#record = { version: 3, chain, process: thisProcess(), ...where, pins: this.pins, ...nothing };
    if (!recorded(this.#record)) throw refusal(chain, readRecord(chain));
    if (pinnedChains().includes(chain)) {
      removeRecord(chain);
      throw leftBehind(chain, 'a process that is gone, without a record');
    }
  }

  /** Directory of the pins of a function's maps. */
  mapsOf(functionName: string): string {
    return join(this.pins, MAPS, functionName);
  }

  setPorts(ports: ChainRecord['ports']): void {
    this.#write({ ports });
  }

  addLink(link: LinkRecord): void {
    this.#write({ links: [...this.#record.links, link] });
  }

  addFilter(filter: FilterRecord): void {
    this.#write({ filters: [...this.#record.filters, filter] });
  }

  addSetting(setting: SettingRecord): void {
    this.#write({ settings: [...this.#record.settings, setting] });
  }

  #write(change: Partial<ChainRecord>): void {
    this.#record = { ...this.#record, ...change };
    writeRecord(this.#record);
  }

  [Symbol.dispose](): void {
    restoreSettings(this.#record.settings);
    removePins(this.pins);
    removeRecord(this.#record.chain);
  }
}

/** A chain of this name that runs. Asked before any work is done; the claim settles it. @throws ChainError */
export function checkName(chain: string): void {
  if (hasRecord(chain)) throw refusal(chain, readRecord(chain));
}

/** @throws ChainError: the disk is full, or must not be written. */
function recorded(record: ChainRecord): boolean {
  try {
    return createRecord(record);
  } catch (cause) {
    const hint = `make room in ${RECORD_ROOT}, and let this process write there`;
    throw new ChainError('TP_RECORD', record.chain, 'it cannot be recorded', { hint, cause });
  }
}

function refusal(chain: string, record: ChainRecord | undefined): ChainError {
  if (record === undefined) return leftBehind(chain, 'a process that was ended while it started');
  const { pid } = record.process;
  const place = record.namespace === undefined ? '' : ` in namespace ${record.namespace}`;
  const links = interfacesOf(record);
  if (!isAlive(record.process)) return leftBehind(chain, `process ${pid}, which is gone, on ${links}${place}`);
  return new ChainError('TP_CHAIN_RUNNING', chain, `it runs already, on ${links}${place} (process ${pid})`, {
    hint: `end process ${pid}, or give this chain another name`,
  });
}

function leftBehind(chain: string, by: string): ChainError {
  return new ChainError('TP_CHAIN_LEFT_BEHIND', chain, `it was left behind by ${by}; its fast path may still run`, {
    hint: `twinpath down ${chain}`,
  });
}
