import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClsactPlace } from '@twinpath/ebpf';
import type { Placement, Root } from '@twinpath/vnf/chain';
import type { FunctionMarks } from '../instance/function-marks.ts';
import { RECORD_ROOT, recordFile } from './paths.ts';
import type { ProcessId } from './process.ts';
import type { SettingRecord } from './settings.ts';

/** What a chain has on the host: written before it is made, so that it is found whatever happens to its process. */
export interface ChainRecord {
  readonly version: 6;
  readonly chain: string;
  readonly process: ProcessId;
  readonly ports: readonly PortRecord[];
  /** Directory of its pins. */
  readonly pins: string;
  readonly links: readonly LinkRecord[];
  readonly filters: readonly FilterRecord[];
  /** Of interfaces, as they were. */
  readonly settings: readonly SettingRecord[];
  readonly identity: Identity;
  /** Where its spec is stored, and its durable tables. */
  readonly state: string;
  /** Where its functions stand; missing: it has not started yet. */
  readonly placed?: PlacedRecord;
  /** By name in the chain: what their tables are; missing: it has not started yet. */
  readonly functions?: Readonly<Record<string, FunctionMarks>>;
}

/** What programs of a process hold as constants: with the same, a later process makes the same programs. */
export interface Identity {
  /** Of `hash`: one for all instances of the process, because authors' code may hash outside of any. */
  readonly seed: number;
  /** The mark of the slow path's packets: one for all, because a function's packets may meet others first. */
  readonly key: number;
}

export interface PlacedRecord {
  /** By what a place is known in the chain's plan. */
  readonly placements: readonly (readonly [id: string, Placement])[];
  readonly roots: readonly Root[];
}

export interface PortRecord {
  /** In the chain. */
  readonly name: string;
  readonly interface: string;
  readonly ifindex: number;
  /** Name of its network namespace; missing: that of the process. */
  readonly namespace?: string;
}

/** Names of its ports' network namespaces, without that of the process. */
export const namespacesOf = ({ ports }: ChainRecord): readonly string[] => [
  ...new Set(ports.flatMap(({ namespace }) => namespace ?? [])),
];

/** For sentences; empty in the namespace of the process. */
export function placeOf(record: ChainRecord): string {
  const names = namespacesOf(record);
  return names.length === 0 ? '' : ` in namespace ${names.join(', ')}`;
}

export const interfacesOf = ({ ports }: ChainRecord): string => ports.map((port) => port.interface).join(', ');

export interface LinkRecord {
  readonly hook: string;
  /** The kernel's number of it. */
  readonly id: number;
}

/** In place of a link, on a kernel without tcx; no pin leads to it. */
export interface FilterRecord {
  readonly hook: string;
  /** Name of the network namespace; missing: that of the process. */
  readonly namespace?: string;
  readonly place: ClsactPlace;
}

/** Writes the first record of a chain, whole or not at all. `false`: there is one already. */
export function createRecord(record: ChainRecord): boolean {
  mkdirSync(RECORD_ROOT, { recursive: true, mode: 0o755 });
  const file = recordFile(record.chain);
  const draft = `${draftOf(file)}.new`;
  try {
    writeFileSync(draft, textOf(record), { mode: 0o644 });
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Another process's record becomes one of this process, unless somebody else was faster (`false`). The old one is moved aside first,
 * which one process alone can do.
 */
export function takeRecord(before: ChainRecord, record: ChainRecord): boolean {
  const file = recordFile(record.chain);
  const aside = draftOf(file);
  try {
    renameSync(file, aside);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
  try {
    const found: unknown = JSON.parse(readFileSync(aside, 'utf8'));
    // Who was faster has put its own in place meanwhile.
    if (!isRecord(found) || JSON.stringify(found.process) !== JSON.stringify(before.process)) {
      linkSync(aside, file);
      return false;
    }
    return createRecord(record);
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Drafts whose writer was killed. */
function removeDrafts(chain: string): void {
  if (!existsSync(RECORD_ROOT)) return;
  const prefix = `${chain}.json.`;
  for (const name of readdirSync(RECORD_ROOT)) {
    if (name.startsWith(prefix)) rmSync(join(RECORD_ROOT, name), { force: true });
  }
}

const draftOf = (file: string): string => `${file}.${process.pid}`;

/** In one step: a reader sees the old record or the new one. */
export function writeRecord(record: ChainRecord): void {
  const file = recordFile(record.chain);
  const draft = `${draftOf(file)}.new`;
  writeFileSync(draft, textOf(record), { mode: 0o644 });
  renameSync(draft, file);
}

export function removeRecord(chain: string): void {
  rmSync(recordFile(chain), { force: true });
  removeDrafts(chain);
}

/** `undefined`: there is none, or it cannot be read (its writer was killed in the middle of the first one). */
export function readRecord(chain: string): ChainRecord | undefined {
  const file = recordFile(chain);
  if (!existsSync(file)) return undefined;
  try {
    const record: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isRecord(record) ? record : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function hasRecord(chain: string): boolean {
  return existsSync(recordFile(chain));
}

export function recordedChains(): string[] {
  if (!existsSync(RECORD_ROOT)) return [];
  return readdirSync(RECORD_ROOT)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length));
}

function isRecord(value: unknown): value is ChainRecord {
  return typeof value === 'object' && value !== null && 'version' in value && value.version === 6 && 'process' in value;
}

const textOf = (record: ChainRecord) => `${JSON.stringify(record, undefined, 2)}\n`;
