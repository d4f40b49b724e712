// `functions`, `upload`: what chains can use.
import { basename } from 'node:path';
import { UsageError } from '../output/command-error.ts';
import { printJson } from '../output/json.ts';
import { tableText } from '../output/table.ts';
import { readText } from '../text-file.ts';
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
  const content = readText(file);
  using client = connect(options);
  const body = { kind: kind === 'ts' ? 'source' : 'artefact', content } as const;
  const { data } = await client.call('uploadFunction', { params: { function: name }, body });
  if (json) printJson(data);
  else process.stdout.write(`${[differencesText(data), madeText(data)].filter((text) => text !== '').join('\n')}\n`);
}
