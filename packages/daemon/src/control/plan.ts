// What documents come to: functions, and chains that are wanted.

import type { ChainDifference } from '@twinpath/api';
import { diff } from '@twinpath/api';
import type { Targets } from '../chains/chain-host.ts';
import { type WantedChain, wantedChain } from '../chains/wanted-chain.ts';
import type { Catalogue, Functions } from '../functions/catalogue.ts';
import type { Documents } from '../store/store.ts';
import { type Refusal, RefusedError, within } from './refusal.ts';

export interface Plan {
  readonly functions: Functions;
  /** By name; of what is no chain that can be read, why. */
  readonly chains: ReadonlyMap<string, WantedChain | Refusal>;
}

const CHAIN = 'chain/';
const FUNCTION = 'function/';
export const chainKey = (name: string) => `${CHAIN}${name}` as const;
export const functionKey = (name: string) => `${FUNCTION}${name}` as const;

export const isWanted = (one: WantedChain | Refusal | undefined): one is WantedChain =>
  one !== undefined && 'spec' in one;

/** Chains as people write them, by name. */
export function chainsOf(documents: Documents): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    [...documents].flatMap(([key, { value }]) =>
      key.startsWith(CHAIN) ? [[key.slice(CHAIN.length), value] as const] : [],
    ),
  );
}

export function planDocuments(documents: Documents, catalogue: Catalogue): Plan {
  const functions = catalogue.functions(documents);
  const find = catalogue.finder(functions);
  const chains = new Map<string, WantedChain | Refusal>();
  for (const [key, document] of documents) {
    if (!key.startsWith(CHAIN)) continue;
    const name = key.slice(CHAIN.length);
    try {
      chains.set(name, wantedChain(name, document, find));
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      chains.set(name, within(['chains', name], error.refusal));
    }
  }
  return { functions, chains };
}

/** Chains that are not the same in both: also because a function is another one now. */
export function touched(before: Plan, after: Plan): readonly string[] {
  const names = new Set([...before.chains.keys(), ...after.chains.keys()]);
  return [...names].filter((name) => essence(before.chains.get(name)) !== essence(after.chains.get(name)));
}

function essence(one: WantedChain | Refusal | undefined): string {
  if (one === undefined) return 'none';
  return isWanted(one) ? JSON.stringify([one.spec, one.on, one.file.nodes]) : JSON.stringify(one);
}

/** What a node with these labels is to run. */
export function targetsOf(plan: Plan, labels: Readonly<Record<string, string>>, names: Iterable<string>): Targets {
  return new Map(
    [...names].map((name) => {
      const one = plan.chains.get(name);
      return [name, isWanted(one) && selects(one, labels) ? one : undefined];
    }),
  );
}

export function selects({ file }: WantedChain, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(file.nodes ?? {}).every(
    ([label, value]) => Object.hasOwn(labels, label) && labels[label] === value,
  );
}

export interface Summary {
  readonly chains: readonly ChainDifference[];
  /** That were uploaded, replaced or removed. */
  readonly functions: readonly string[];
}

export const summaryOf = (before: Documents, after: Documents): Summary => ({
  chains: differencesOf(before, after),
  functions: functionsChanged(before, after),
});

/** In words of the documents. */
function differencesOf(before: Documents, after: Documents): readonly ChainDifference[] {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].flatMap((key): readonly ChainDifference[] => {
    if (!key.startsWith(CHAIN)) return [];
    const [from, to] = [before.get(key)?.value, after.get(key)?.value];
    if (from === to) return [];
    const differences = [...diff(from, to)];
    if (differences.length === 0) return [];
    const action = from === undefined ? 'start' : to === undefined ? 'stop' : 'change';
    return [{ chain: key.slice(CHAIN.length), action, differences }];
  });
}

/** Names of functions whose documents are not the same. */
function functionsChanged(before: Documents, after: Documents): readonly string[] {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].flatMap((key) => {
    if (!key.startsWith(FUNCTION) || before.get(key)?.value === after.get(key)?.value) return [];
    return diff(before.get(key)?.value, after.get(key)?.value).length === 0 ? [] : [key.slice(FUNCTION.length)];
  });
}
