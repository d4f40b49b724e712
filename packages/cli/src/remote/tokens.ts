// `tokens`: who may ask the daemon by TCP.
import type { Client, Token } from '@twinpath/api';
import { UsageError } from '../output/command-error.ts';
import { printJson } from '../output/json.ts';
import { tableText } from '../output/table.ts';
import { type ConnectionOptions, connect } from './connection.ts';

export type TokenAction = 'list' | 'create' | 'rotate' | 'revoke';

export interface TokenOptions extends ConnectionOptions {
  readonly scope?: Token['scope'];
  /** Seconds, here and below. */
  readonly expires?: number;
  readonly grace?: number;
}

type Asked = { readonly tokens: readonly Token[] } | (Token & { readonly secret: string });

/** @throws UsageError, ProblemError */
export async function tokens(action: TokenAction, name: string | undefined, options: TokenOptions): Promise<void> {
  const { json, scope, expires, grace, ...connection } = options;
  using client = connect(connection);
  const answer = await ask(client, action, name, { scope, expires, grace });
  if (json) printJson(answer);
  // Alone on its line, for scripts.
  else if ('secret' in answer) process.stdout.write(`${answer.secret}\n`);
  else process.stdout.write(`${listText(answer.tokens)}\n`);
}

async function ask(
  client: Client,
  action: TokenAction,
  name: string | undefined,
  { scope, expires, grace }: { readonly [K in 'scope' | 'expires' | 'grace']: TokenOptions[K] | undefined },
): Promise<Asked> {
  if (action === 'list') return (await client.call('listTokens')).data;
  if (name === undefined) throw new UsageError(`which token to ${action} is missing`, `twinpath tokens ${action} NAME`);
  const params = { token: name };
  if (action === 'revoke') return (await client.call('deleteToken', { params })).data;
  if (action === 'rotate') {
    return (await client.call('rotateToken', { params, query: grace === undefined ? {} : { grace } })).data;
  }
  if (scope === undefined) {
    throw new UsageError('what the token may do is missing', `twinpath tokens create ${name} --scope read`);
  }
  const expiresAt = expires === undefined ? {} : { expiresAt: new Date(Date.now() + expires * 1000).toISOString() };
  return (await client.call('createToken', { body: { name, scope, ...expiresAt } })).data;
}

function listText(list: readonly Token[]): string {
  const rows = list.map(({ name, scope, createdAt, expiresAt = 'never', lastUsedAt = 'never' }) => {
    return [name, scope, createdAt, expiresAt, lastUsedAt];
  });
  return tableText(['token', 'scope', 'made', 'ends', 'last used'], rows);
}
