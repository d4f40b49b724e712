// `functions`, `upload`: what chains can use.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { CommandError, UsageError } from '../output/command-error.ts';
import { printJson } from '../output/json.ts';
import { tableText } from '../output/table.ts';
import { differencesText, madeText } from './change-text.ts';
import { type ConnectionOptions, connect } from './connection.ts';

export async function functions({ json, ...options }: ConnectionOptions): Promise<void> {
  using client = connect(options);
  const { data } = await client.call('listFunctions');
  if (json) {
    printJson(data);
    return;
  }
  const rows = data.functions.map(({ name, origin, hash, summary = '' }) => [
    name,
    origin,
    hash?.slice(0, 12) ?? '-',
    summary,
  ]);
  process.stdout.write(`${tableText(['function', 'from', 'hash', 'does'], rows)}\n`);
}

/** @throws UsageError, CommandError, ProblemError */
export async function upload(file: string, { json, ...options }: ConnectionOptions): Promise<void> {
  const [, name, kind] = /^(.+)\.vnf\.(ts|json)$/.exec(basename(file)) ?? [];
  if (name === undefined) {
    throw new UsageError(`${file} is no function`, 'its name ends in .vnf.ts, or as an artefact in .vnf.json');
  }
  const content = textOf(file);
  using client = connect(options);
  const body = { kind: kind === 'ts' ? 'source' : 'artefact', content } as const;
  const { data } = await client.call('uploadFunction', { params: { function: name }, body });
  if (json) printJson(data);
  else process.stdout.write(`${[differencesText(data), madeText(data)].filter((text) => text !== '').join('\n')}\n`);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`cannot read ${file}: ${reason}`, 'check the path');
  }
}
