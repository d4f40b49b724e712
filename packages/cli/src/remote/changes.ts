// `history`, `rollback`, `confirm`, `delete`: what was wanted when, and back to it.
import { CommandError } from '../output/command-error.ts';
import { printJson } from '../output/json.ts';
import { tableText } from '../output/table.ts';
import { differencesText, madeText } from './change-text.ts';
import { type ConnectionOptions, connect } from './connection.ts';
import { withSuggestion } from './live-names.ts';

export interface HistoryOptions extends ConnectionOptions {
  readonly limit: number;
}

export async function history({ limit, json, ...options }: HistoryOptions): Promise<void> {
  using client = connect(options);
  const { data } = await client.call('listRevisions', { query: { limit } });
  if (json) {
    printJson(data);
    return;
  }
  const rows = data.revisions.map(({ revision, at, by, chains, functions, message, confirmBy }) => [
    revision,
    new Date(at).toLocaleString('sv'),
    by,
    [...chains.map(({ chain, action }) => `${chain} (${action})`), ...functions].join(' ') || '-',
    confirmBy === undefined ? message : `until ${confirmBy} ${message}`,
  ]);
  process.stdout.write(`${tableText(['revision', 'at', 'by', 'changed', 'message'], rows)}\n`);
}

export interface RollbackOptions extends ConnectionOptions {
  readonly confirm?: number;
  readonly dryRun?: boolean;
}

export async function rollback(
  revision: string,
  { confirm, dryRun, json, ...options }: RollbackOptions,
): Promise<void> {
  using client = connect(options);
  const query = { ...(confirm !== undefined && { confirm }), ...(dryRun === true && { dryRun: 'true' as const }) };
  const { data } = await client.call('rollback', { params: { revision }, query });
  if (json) {
    printJson(data);
    return;
  }
  const text = [differencesText(data), ...(dryRun === true ? [] : [madeText(data)])].filter((part) => part !== '');
  process.stdout.write(`${text.join('\n') || 'Nothing changes.'}\n`);
}

/** @throws CommandError nothing waits */
export async function confirm(given: string | undefined, { json, ...options }: ConnectionOptions): Promise<void> {
  using client = connect(options);
  const revision = given ?? (await client.call('getStatus')).data.unconfirmed?.revision;
  if (revision === undefined)
    throw new CommandError('no change waits to be confirmed', 'twinpath history shows what was changed');
  const { data } = await client.call('confirm', { params: { revision } });
  if (json) printJson(data);
  else process.stdout.write(`Revision ${data.revision} stays.\n`);
}

export async function deleteChain(chain: string, { json, ...options }: ConnectionOptions): Promise<void> {
  using client = connect(options);
  const { data } = await withSuggestion(client, ['chain'], [chain], () =>
    client.call('deleteChain', { params: { chain } }),
  );
  if (json) printJson(data);
  else process.stdout.write(`${madeText(data)}\n`);
}
