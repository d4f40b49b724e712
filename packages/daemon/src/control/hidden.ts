// Secrets, on their way into documents and out of them.
import { type ChainDifference, ChainFile, diff } from '@twinpath/api';
import type { Secrets } from '../secrets/secrets.ts';
import type { Documents } from '../store/store.ts';
import type { Writes } from './edits.ts';
import { chainKey, isWanted, type Plan } from './plan.ts';

const chainOf = (value: unknown): ChainFile | undefined => ChainFile.safeParse(value).data;

/** Secrets that were not told again are those that there were. @throws RefusedError where there was none */
export async function withSecrets(writes: Writes, documents: Documents, secrets: Secrets): Promise<Writes> {
  const restored = [...writes].map(async ([key, value]): Promise<[string, unknown]> => {
    const chain = key.startsWith(chainKey('')) ? chainOf(value) : undefined;
    return [key, chain === undefined ? value : await secrets.restored(chain, chainOf(documents.get(key)?.value))];
  });
  return new Map(await Promise.all(restored));
}

/** Before anything can mention them. */
export async function learnSecrets({ chains }: Plan, names: Iterable<string>, secrets: Secrets): Promise<void> {
  for (const name of names) {
    const one = chains.get(name);
    if (isWanted(one)) await secrets.learn(one.file);
  }
}

/** The same differences of what is shown. */
export function withoutSecrets(
  differences: readonly ChainDifference[],
  before: Documents,
  after: Documents,
  secrets: Secrets,
): Promise<ChainDifference[]> {
  const shown = async (documents: Documents, name: string) => {
    const chain = chainOf(documents.get(chainKey(name))?.value);
    return chain && secrets.hidden(chain);
  };
  return Promise.all(
    differences.map(async (one) => ({
      ...one,
      differences: [...diff(await shown(before, one.chain), await shown(after, one.chain))],
    })),
  );
}
