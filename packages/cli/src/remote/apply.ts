// `apply`, `diff`, `validate`: what a file wants, brought to a daemon as one change.
import { type Change, type Client, type Document, ProblemError } from '@twinpath/api';
import { ExitStatus } from '../exit-status.ts';
import { printJson } from '../output/json.ts';
import { longLists, showWaiting } from '../output/waiting.ts';
import { differencesText, madeText } from './change-text.ts';
import { type ConnectionOptions, connect } from './connection.ts';
import { readWanted, type WantedFile } from './wanted-file.ts';

export interface ApplyOptions extends ConnectionOptions {
  readonly file: string;
  readonly confirm?: number;
  readonly message?: string;
  /** Chains that the file has not are removed. */
  readonly prune?: boolean;
  readonly dryRun?: boolean;
}

/** @throws FileError, ProblemError, UnreachableError; nothing has changed then */
export async function apply({ json, ...options }: ApplyOptions): Promise<number> {
  using client = connect(options);
  const wanted = readWanted(options.file);
  const { confirm, message } = options;
  const checked = await put(client, wanted, options, { dryRun: 'true' });
  if (!json) say(differencesText(checked));
  const how = { ...(confirm !== undefined && { confirm }), ...(message !== undefined && { message }) };
  const made = await put(client, wanted, options, how);
  if (json) printJson(made);
  else say(madeText(made));
  // Not before the answer is there: the client ends with this function.
  return await sick(client, Object.keys(wanted.chains), json);
}

export async function showDifferences({ json, ...options }: ApplyOptions): Promise<void> {
  using client = connect(options);
  const checked = await put(client, readWanted(options.file), options, { dryRun: 'true' });
  if (json) printJson(checked);
  else say(differencesText(checked) || 'Nothing changes.');
}

export async function validate({ json, ...options }: ApplyOptions): Promise<void> {
  using client = connect(options);
  const wanted = readWanted(options.file);
  const { milliseconds } = await put(client, wanted, options, { dryRun: 'true' });
  const chains = Object.keys(wanted.chains);
  if (json) printJson({ ok: true, chains, milliseconds: milliseconds.check });
  else say(`${chains.join(', ')}: can be applied (checked in ${Math.round(milliseconds.check)} ms).`);
}

interface How {
  readonly dryRun?: 'true';
  readonly confirm?: number;
  readonly message?: string;
}

/** All of the file, or nothing of it; again when somebody else was first. */
async function put(client: Client, wanted: WantedFile, { prune = false }: ApplyOptions, query: How): Promise<Change> {
  const functions = Object.values(wanted.chains).flatMap((chain) => chain.functions ?? []);
  const doing = query.dryRun === undefined ? 'applying' : 'checking';
  using _line = showWaiting(`${doing} ${Object.keys(wanted.chains).join(', ')}${longLists(functions)}`);
  for (;;) {
    const { data, etag } = await client.call('getDocument');
    const body: Document = { chains: prune ? wanted.chains : { ...data.chains, ...wanted.chains } };
    try {
      const condition = etag === undefined ? {} : { ifMatch: etag };
      return (await client.call('putDocument', { body, query, ...condition })).data;
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'TP_PRECONDITION') continue;
      throw wanted.located(error);
    }
  }
}

/** Exit status: whether the chains run as they are wanted. */
async function sick(client: Client, names: readonly string[], json = false): Promise<number> {
  const { data } = await client.call('getStatus');
  const failed = data.chains.filter(({ name, state }) => names.includes(name) && state === 'failed');
  for (const { name, problem } of failed)
    if (!json) say(`chain ${name} does not run: ${problem?.detail ?? 'it says not why'}`);
  return failed.length === 0 ? ExitStatus.ok : ExitStatus.failed;
}

function say(text: string): void {
  if (text !== '') process.stdout.write(`${text}\n`);
}
