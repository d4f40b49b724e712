// Tables that are declared `durable`, in a file:
//
//   u32 length of the header · header as JSON · for each map of it: keys and values, as they lie in the kernel, one entry behind the other
//
// The header says how the bytes are to be read, so that another version of the function, or another machine, can.

import { existsSync, readFileSync } from 'node:fs';
import type { MapStore } from '@twinpath/compiler';
import type { FunctionPlan } from '@twinpath/vnf/plan';
import { writeDurably } from '../host/write-durably.ts';
import type { InstanceMaps, StoredEntry } from '../tables/instance-maps.ts';
import { eachInSlices } from '../tables/slices.ts';
import { type FunctionMarks, functionMarks } from './function-marks.ts';
import type { FunctionData } from './instance-handle.ts';

interface SavedMap {
  readonly name: string;
  readonly entries: number;
  readonly keySize: number;
  /** Of all CPUs' copies. */
  readonly valueSize: number;
}

interface Header {
  readonly format: 1;
  readonly marks: FunctionMarks;
  readonly maps: readonly SavedMap[];
}

export interface SavedTables {
  /** Of the tables that are in the file. */
  readonly marks: FunctionMarks;
  readonly maps: ReadonlyMap<string, readonly StoredEntry[]>;
}

/** The file of a function's tables cannot be read. */
export class SavedTablesError extends Error {
  override readonly name = 'SavedTablesError';
  readonly code = 'TP_SAVED_TABLES';
  readonly hint: string;

  constructor(file: string, cause: unknown) {
    super(`what was saved of tables in ${file} cannot be read`, { cause });
    this.hint = 'restore it from a backup, or remove it: tables begin empty then';
  }
}

export const hasDurable = ({ tables }: Pick<FunctionPlan, 'tables'>): boolean => tables.some(isDurable);

/** The same, of what is declared. */
export const hasDurableTables = ({ tables }: Pick<FunctionData, 'tables'>): boolean =>
  Object.values(tables)
    .flatMap((one) => (one.kind === 'ruleSet' ? Object.values(one.tables) : [one]))
    .some((spec) => 'durable' in spec && spec.durable);

/** In one step, and on the disk when this resolves; others have their turn meanwhile. */
export async function saveTables(file: string, plan: FunctionPlan, maps: InstanceMaps): Promise<void> {
  const tables = plan.tables.filter(isDurable);
  const marks = functionMarks(plan);
  const paths = new Set(tables.map(({ path }) => path));
  const saved: (SavedMap & { readonly content: readonly Uint8Array[] })[] = [];
  for (const { name } of tables.flatMap((table) => table.maps)) saved.push(await contentOf(name, maps.store(name)));
  const header: Header = {
    format: 1,
    marks: { ...marks, tables: Object.fromEntries(Object.entries(marks.tables).filter(([path]) => paths.has(path))) },
    maps: saved.map(({ name, entries, keySize, valueSize }) => ({ name, entries, keySize, valueSize })),
  };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  await writeDurably(file, [length, text, ...saved.flatMap(({ content }) => content)]);
}

/** As it was while it was read: entries that come or go meanwhile may be there or not. */
async function contentOf(name: string, store: MapStore) {
  const content: Uint8Array[] = [];
  let [entries, keySize, valueSize] = [0, 0, 0];
  let parts: Uint8Array[] = [];
  await eachInSlices(
    store.entries(),
    ([key, value]) => {
      entries++;
      [keySize, valueSize] = [key.length, value.length];
      parts.push(key, value);
    },
    () => {
      content.push(Buffer.concat(parts));
      parts = [];
    },
  );
  return { name, entries, keySize, valueSize, content };
}

/** `undefined`: nothing was saved. @throws SavedTablesError */
export function readTables(file: string): SavedTables | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return parse(readFileSync(file));
  } catch (cause) {
    throw new SavedTablesError(file, cause);
  }
}

const isDurable = ({ spec }: FunctionPlan['tables'][number]): boolean => 'durable' in spec && spec.durable;

function parse(file: Buffer): SavedTables {
  const behind = 4 + file.readUInt32LE(0);
  const header: unknown = JSON.parse(file.subarray(4, behind).toString('utf8'));
  if (!isHeader(header)) throw new TypeError('its header is of another format');
  let at = behind;
  const take = (size: number): Uint8Array => {
    if (at + size > file.length) throw new RangeError(`it ends after ${file.length} bytes`);
    at += size;
    return file.subarray(at - size, at);
  };
  const maps = header.maps.map(({ name, entries, keySize, valueSize }): [string, StoredEntry[]] => [
    name,
    Array.from({ length: entries }, () => [take(keySize), take(valueSize)]),
  ]);
  return { marks: header.marks, maps: new Map(maps) };
}

function isHeader(value: unknown): value is Header {
  return typeof value === 'object' && value !== null && 'format' in value && value.format === 1 && 'maps' in value;
}
