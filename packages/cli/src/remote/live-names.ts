// Names that a daemon knows: what completion offers, and what was meant by one that it does not know.
import { type Client, ProblemError } from '@twinpath/api';
import { closest } from '../output/closest.ts';

export type NameKind = 'chain' | 'member' | 'table' | 'function' | 'revision';

/** `before`: the names that stand in front of it: of the chain, of the function in it. @throws ProblemError, UnreachableError */
export async function liveNames(client: Client, kind: NameKind, before: readonly string[]): Promise<readonly string[]> {
  const [chain = '', member = ''] = before;
  switch (kind) {
    case 'chain':
      return Object.keys((await client.call('getDocument')).data.chains);
    case 'member':
      return (await client.call('getChainStatus', { params: { chain } })).data.functions.map(({ name }) => name);
    case 'table': {
      const { data } = await client.call('listTables', { params: { chain, function: member } });
      return data.tables.map(({ name }) => name);
    }
    case 'function':
      return (await client.call('listFunctions')).data.functions.map(({ name }) => name);
    case 'revision':
      return (await client.call('listRevisions')).data.revisions.map(({ revision }) => String(revision));
  }
}

/** Does what is asked; where the daemon knows a name not, says which one was meant. `names` by their kinds, in order. */
export async function withSuggestion<T>(
  client: Client,
  kinds: readonly NameKind[],
  names: readonly string[],
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ProblemError) || error.status !== 404) throw error;
    const meant = await meantBy(client, kinds, names);
    if (meant === undefined) throw error;
    const hint = [`did you mean '${meant}'?`, ...(error.hint === undefined ? [] : [error.hint])].join(' ');
    const { message: detail, code, status } = error;
    throw new ProblemError({ type: 'about:blank', title: detail, detail, code, status, hint });
  }
}

/** The first that is not known decides. */
async function meantBy(
  client: Client,
  kinds: readonly NameKind[],
  names: readonly string[],
): Promise<string | undefined> {
  for (const [index, kind] of kinds.entries()) {
    const name = names[index];
    if (name === undefined) return undefined;
    const known = await liveNames(client, kind, names.slice(0, index));
    if (!known.includes(name)) return closest(name, known);
  }
  return undefined;
}
