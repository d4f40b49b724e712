import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { mountBpffs, raiseMemlockLimit } from '@twinpath/linux';
import { ChainError } from '../chain/chain-error.ts';
import type { FunctionMarks } from '../instance/function-marks.ts';
import { findLeftBehind, type LeftBehind } from './left-behind.ts';
import { pinDirectory, RECORD_ROOT } from './paths.ts';
import { isBackup, PinBackup, restorePins } from './pin-backup.ts';
import { MAPS, makePinDirectory, removePins } from './pins.ts';
import { isAlive, thisProcess } from './process.ts';
import {
  type ChainRecord,
  createRecord,
  type FilterRecord,
  interfacesOf,
  type LinkRecord,
  placeOf,
  readRecord,
  removeRecord,
  takeRecord,
  writeRecord,
} from './record.ts';
import { restoreSettings, type SettingRecord } from './settings.ts';

export type ClaimOptions = Pick<ChainRecord, 'chain' | 'ports' | 'identity' | 'state'> & {
  /** What a process that is gone has left of it. */
  readonly before: LeftBehind | undefined;
};

interface Before {
  readonly left: LeftBehind;
  readonly maps: PinBackup;
}

/** A chain's place on this host, from before anything is attached until all is gone. */
export class HostClaim implements Disposable {
  /** Directory for its pins, on a BPF file system. */
  readonly pins: string;
  #record: ChainRecord;
  /** While it is not settled whether this process goes on with it. */
  #before: Before | undefined;

  /** @throws ChainError: a chain of this name runs. */
  constructor({ chain, before, ...where }: ClaimOptions) {
    prepareHost(chain);
    this.pins = pinDirectory(chain);
    const { links, filters, settings } = before?.record ?? { links: [], filters: [], settings: [] };
    const { placed, functions } = before?.record ?? {};
    const state = { ...(placed !== undefined && { placed }), ...(functions !== undefined && { functions }) };
    const given = { ...where, pins: this.pins, links, filters, settings, ...state };
    this.#record = { version: 6, chain, process: thisProcess(), ...given };
    recorded(this.#record, before);
    makePinDirectory(this.pins);
    if (before === undefined) return;
    const maps = join(this.pins, MAPS);
    restorePins(maps);
    for (const name of directories(maps)) if (!isBackup(name)) restorePins(join(maps, name));
    this.#before = { left: before, maps: new PinBackup(maps) };
  }

  /** Removes the pins of maps of all other functions. */
  removeMapsBut(functions: readonly string[]): void {
    const maps = join(this.pins, MAPS);
    for (const name of directories(maps)) if (!functions.includes(name)) removePins(join(maps, name));
  }

  /** What the maps of a function are, while a change works on them. */
  backup(functionName: string): PinBackup {
    return new PinBackup(join(this.pins, MAPS, functionName));
  }

  /** What is pinned of a function is not for the one that takes its place. */
  forgetMaps(functionName: string): void {
    removePins(join(this.pins, MAPS, functionName));
  }

  /** What the tables of a function are that another process, or this one, has left. */
  marksOf(functionName: string): FunctionMarks | undefined {
    return this.#record.functions?.[functionName];
  }

  /** The chain has been brought to this: whoever comes after this process finds it so. */
  settle(done: Required<Pick<ChainRecord, 'ports' | 'placed' | 'functions'>>): void {
    this.#write(done);
    this.#before?.maps[Symbol.dispose]();
    this.#before = undefined;
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
    if (this.#before !== undefined) {
      this.#giveBack(this.#before);
      return;
    }
    restoreSettings(this.#record.settings);
    removePins(this.pins);
    removeRecord(this.#record.chain);
  }

  /** What was left behind stays as it was, for another attempt or for `twinpath down`. */
  #giveBack({ left, maps }: Before): void {
    maps.restore();
    if (left.record === undefined) removeRecord(this.#record.chain);
    else writeRecord({ ...left.record, settings: this.#record.settings });
  }
}

const directories = (path: string): readonly string[] => (existsSync(path) ? readdirSync(path) : []);

/** What a process that is gone has left of a chain; `undefined`: nothing. The claim settles it.
 *  @throws ChainError: a chain of this name runs. */
export function whatIsLeft(chain: string): LeftBehind | undefined {
  const record = readRecord(chain);
  if (record !== undefined && isAlive(record.process)) throw running(record);
  return findLeftBehind(chain);
}

/** Locked memory counts before kernel 5.11. */
function prepareHost(chain: string): void {
  try {
    mountBpffs();
  } catch (cause) {
    const hint =
      'mount -t bpf bpf /sys/fs/bpf; in a container, let it see that of its host (-v /sys/fs/bpf:/sys/fs/bpf)';
    throw new ChainError('TP_BPFFS', chain, 'there is no BPF file system to pin to, and none can be mounted', {
      hint,
      cause,
    });
  }
  raiseMemlockLimit();
}

/** @throws ChainError: another process was faster; or the disk is full, or must not be written. */
function recorded(record: ChainRecord, before: LeftBehind | undefined): void {
  if (before?.record === undefined ? recordedFirst(record) : takeRecord(before.record, record)) return;
  const other = readRecord(record.chain);
  // A record that cannot be read is a draft of a process that is gone: nobody else is here then.
  if (other !== undefined && isAlive(other.process)) throw running(other);
  writeRecord(record);
}

function recordedFirst(record: ChainRecord): boolean {
  try {
    return createRecord(record);
  } catch (cause) {
    const hint = `make room in ${RECORD_ROOT}, and let this process write there`;
    throw new ChainError('TP_RECORD', record.chain, 'it cannot be recorded', { hint, cause });
  }
}

function running(record: ChainRecord): ChainError {
  const { chain, process } = record;
  const why = `it runs already, on ${interfacesOf(record)}${placeOf(record)} (process ${process.pid})`;
  return new ChainError('TP_CHAIN_RUNNING', chain, why, {
    hint: `end process ${process.pid}, or give this chain another name`,
  });
}
