// Specs of the chains that are wanted on this host, where they outlive a reboot: written when a chain has been brought to one, removed
// when it is stopped or taken down.

import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ChainSpec } from '@twinpath/vnf/chain';
import { writeDurably } from './write-durably.ts';

export interface StoredSpec {
  readonly chain: string;
  /** `undefined`: the file cannot be read. */
  readonly spec: ChainSpec | undefined;
  readonly file: string;
}

const NAME = 'chain.json';
const fileIn = (root: string, chain: string): string => join(root, chain, NAME);

/** Files of functions by their whole paths: who restores may be elsewhere. @throws TypeError for a configuration that is no JSON. */
export async function storeSpec(root: string, spec: ChainSpec): Promise<void> {
  const functions = spec.functions.map((one) => ('use' in one ? { ...one, use: resolve(one.use) } : one));
  const text = JSON.stringify({ version: 1, spec: { ...spec, functions } });
  await writeDurably(fileIn(root, spec.name), [Buffer.from(`${text}\n`)]);
}

/** Gives the path, if there was one. */
export function forgetSpec(root: string, chain: string): string | undefined {
  const file = fileIn(root, chain);
  if (!existsSync(file)) return undefined;
  rmSync(file);
  // Of tables that are kept, others know.
  if (readdirSync(join(root, chain)).length === 0) rmdirSync(join(root, chain));
  return file;
}

export function storedSpecs(root: string): readonly StoredSpec[] {
  if (!existsSync(root)) return [];
  const chains = readdirSync(root).filter((chain) => existsSync(fileIn(root, chain)));
  return chains.map((chain) => ({ chain, file: fileIn(root, chain), spec: read(fileIn(root, chain), chain) }));
}

/** `undefined`: there is none, or it cannot be read. */
export function storedSpec(root: string, chain: string): ChainSpec | undefined {
  const file = fileIn(root, chain);
  return existsSync(file) ? read(file, chain) : undefined;
}

function read(file: string, chain: string): ChainSpec | undefined {
  try {
    const stored: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isStored(stored) && stored.spec.name === chain ? stored.spec : undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

/** What this module has written; whether it is a chain that can be, who starts it finds out. */
function isStored(value: unknown): value is { readonly spec: ChainSpec } {
  if (typeof value !== 'object' || value === null || !('version' in value) || value.version !== 1) return false;
  return 'spec' in value && typeof value.spec === 'object' && value.spec !== null && 'name' in value.spec;
}
