import { mountBpffs } from '@twinpath/linux';
import { ChainError } from '../chain/chain-error.ts';
import { pinDirectory, RECORD_ROOT } from './paths.ts';
import { pinnedChains, removePins } from './pins.ts';
import { isAlive, thisProcess } from './process.ts';
import {
  type ChainRecord,
  createRecord,
  type FilterRecord,
  hasRecord,
  type LinkRecord,
  readRecord,
  removeRecord,
  writeRecord,
} from './record.ts';

export interface ClaimOptions {
  readonly chain: string;
  readonly interface: string;
  readonly ifindex: number;
  readonly namespace: string | undefined;
}

/** A chain's place on this host, from before anything is attached until all is gone. */
export class HostClaim implements Disposable {
  /** Directory for its pins, on a BPF file system. */
  readonly pins: string;
  #record: ChainRecord;

  /** @throws ChainError: a chain of this name runs, or was left behind. */
  constructor({ chain, namespace, ...port }: ClaimOptions) {
    mountBpffs();
    this.pins = pinDirectory(chain);
    const inNamespace = namespace === undefined ? {} : { namespace };
    const nothing = { links: [], filters: [] };
    this.#record = {
      version: 2,
      chain,
      process: thisProcess(),
      ...port,
      ...inNamespace,
      pins: this.pins,
      ...nothing,
    };
    if (!recorded(this.#record)) throw refusal(chain, readRecord(chain));
    if (pinnedChains().includes(chain)) {
      removeRecord(chain);
      throw leftBehind(chain, 'a process that is gone, without a record');
    }
  }

  addLink(link: LinkRecord): void {
    this.#write({ links: [...this.#record.links, link] });
  }

  addFilter(filter: FilterRecord): void {
    this.#write({ filters: [...this.#record.filters, filter] });
  }

  #write(change: Partial<ChainRecord>): void {
    this.#record = { ...this.#record, ...change };
    writeRecord(this.#record);
  }

  [Symbol.dispose](): void {
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
  if (!isAlive(record.process))
    return leftBehind(chain, `process ${pid}, which is gone, on ${record.interface}${place}`);
  return new ChainError('TP_CHAIN_RUNNING', chain, `it runs already, on ${record.interface}${place} (process ${pid})`, {
    hint: `end process ${pid}, or give this chain another name`,
  });
}

function leftBehind(chain: string, by: string): ChainError {
  return new ChainError('TP_CHAIN_LEFT_BEHIND', chain, `it was left behind by ${by}; its fast path may still run`, {
    hint: `twinpath down ${chain}`,
  });
}
