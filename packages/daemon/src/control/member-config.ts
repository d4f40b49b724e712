// The configuration of one function inside a chain, as it was written.

import { basename } from 'node:path';
import type { ChainFile } from '@twinpath/api';
import { conflict, notFound } from './refusal.ts';

type Entry = NonNullable<ChainFile['functions']>[number];

/** As in a chain's file: its own name, that of what is shared, or that of what it uses. */
export const nameOf = ({ name, use = '', share }: Entry): string =>
  name ??
  (share !== undefined ? share.slice(share.indexOf('/') + 1) : basename(use).replace(/\.vnf\.(ts|js|json)$/, ''));

export interface MemberConfig {
  /** In `functions`; -1: it is not listed there. */
  readonly index: number;
  readonly config: unknown;
}

/** @throws RefusedError */
export function memberConfig(chain: string, file: ChainFile, name: string, members: readonly string[]): MemberConfig {
  if (!members.includes(name))
    throw notFound(`chain ${chain} has no function ${name}`, `there is ${members.join(', ')}`);
  const entries = file.functions ?? [];
  const index = entries.findIndex((one) => nameOf(one) === name);
  const share = entries[index]?.share;
  if (share === undefined) return { index, config: entries[index]?.config ?? {} };
  const [owner = '', of = ''] = share.split('/');
  throw conflict(
    'TP_SHARED',
    `${chain}/${name} is ${share}`,
    `its configuration is at /v1/chains/${owner}/functions/${of}/config`,
  );
}

export function withMemberConfig(file: ChainFile, { index }: MemberConfig, name: string, config: unknown): ChainFile {
  const entries = file.functions ?? [];
  const changed =
    index < 0
      ? [...entries, { use: name, config }]
      : entries.map((one, at) => (at === index ? { ...one, config } : one));
  return { ...file, functions: changed };
}
