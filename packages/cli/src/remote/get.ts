// `get`: what is wanted and what there is, by the kinds of things that a daemon has.
import { text } from 'node:stream/consumers';
import type { Client } from '@twinpath/api';
import { closest } from '../output/closest.ts';
import { UsageError } from '../output/command-error.ts';
import { type ConnectionOptions, connect } from './connection.ts';
import { type NameKind, withSuggestion } from './live-names.ts';
import { show } from './show.ts';

export interface GetOptions extends ConnectionOptions {
  readonly where?: string;
  readonly limit?: number;
  readonly offset?: number;
}

interface NameOf {
  readonly name: string;
  /** `undefined`: nobody knows which there are. */
  readonly kind?: NameKind;
  readonly optional?: boolean;
}

interface Kind {
  /** That follow. */
  readonly names: readonly NameOf[];
  readonly summary: string;
  get(client: Client, names: readonly string[], options: GetOptions): Promise<unknown>;
}

const CHAIN: NameOf = { name: 'chain', kind: 'chain' };
const MEMBER: NameOf = { name: 'function', kind: 'member' };
const member = ([chain = '', name = '']: readonly string[]) => ({ chain, function: name });

export const KINDS: Readonly<Record<string, Kind>> = {
  document: {
    names: [],
    summary: 'all that is wanted',
    get: async (client) => (await client.call('getDocument')).data,
  },
  chain: {
    names: [CHAIN],
    summary: 'a chain, as it is wanted',
    get: async (client, [chain = '']) => (await client.call('getChain', { params: { chain } })).data,
  },
  config: {
    names: [CHAIN, MEMBER, { name: 'pointer', optional: true }],
    summary: "a function's configuration, or one place of it such as /rules/3",
    async get(client, names) {
      const [params, pointer] = [member(names), names[2]];
      if (pointer === undefined) return (await client.call('getConfig', { params })).data;
      return (await client.call('getConfigItem', { params, query: { pointer } })).data;
    },
  },
  statistics: {
    names: [CHAIN, { ...MEMBER, optional: true }],
    summary: 'counters',
    async get(client, names) {
      const [chain = '', name] = names;
      if (name === undefined) return (await client.call('getChainStatistics', { params: { chain } })).data;
      return (await client.call('getFunctionStatistics', { params: member(names) })).data;
    },
  },
  table: {
    names: [CHAIN, MEMBER, { name: 'table', kind: 'table', optional: true }],
    summary: 'what a table holds, or which tables there are',
    async get(client, names, { where, limit, offset }) {
      const [params, table] = [member(names), names[2]];
      if (table === undefined) return (await client.call('listTables', { params })).data;
      const query = {
        ...(where !== undefined && { where }),
        ...(limit !== undefined && { limit }),
        ...(offset !== undefined && { offset }),
      };
      return (await client.call('getTable', { params: { ...params, table }, query })).data;
    },
  },
  function: {
    names: [{ name: 'function', kind: 'function' }],
    summary: 'what a function declares',
    get: async (client, [name = '']) => (await client.call('getFunction', { params: { function: name } })).data,
  },
  revision: {
    names: [{ name: 'number', kind: 'revision' }],
    summary: 'a change of the history, and what was wanted then',
    get: async (client, [revision = '']) => (await client.call('getRevision', { params: { revision } })).data,
  },
  nodes: {
    names: [],
    summary: 'all machines of the store',
    get: async (client) => (await client.call('listNodes')).data,
  },
  tokens: {
    names: [],
    summary: 'who may ask from elsewhere, without secrets',
    get: async (client) => (await client.call('listTokens')).data,
  },
  audit: {
    names: [],
    summary: 'who changed what, and who was refused',
    get: async (client) => (await client.call('getAudit')).data,
  },
  metrics: {
    names: [],
    summary: 'metrics as OpenMetrics text',
    get: async (client) => text(await client.stream('getMetrics')),
  },
  openapi: {
    names: [],
    summary: 'the REST interface as OpenAPI 3.1',
    get: async (client) => (await client.call('getOpenApi')).data,
  },
};

/** @throws UsageError, ProblemError, UnreachableError */
export async function get(what: string, names: readonly string[], options: GetOptions): Promise<void> {
  const kind = KINDS[what];
  if (kind === undefined) {
    const meant = closest(what, Object.keys(KINDS));
    const known = `there is ${Object.keys(KINDS).join(', ')}`;
    throw new UsageError(`there is nothing called '${what}'`, meant ? `did you mean '${meant}'? ${known}` : known);
  }
  const needed = kind.names.filter(({ optional = false }) => !optional);
  if (names.length < needed.length || names.length > kind.names.length) {
    const operands = kind.names.map(({ name, optional = false }) => (optional ? `[${name}]` : `<${name}>`));
    const takes = operands.length === 0 ? 'no name' : operands.join(' ');
    throw new UsageError(`${what} takes ${takes}`, ['twinpath get', what, ...operands].join(' '));
  }
  using client = connect(options);
  const kinds = kind.names.flatMap((one) => one.kind ?? []);
  const found = await withSuggestion(client, kinds, names, () => kind.get(client, names, options));
  show(found, options.json);
}
