// `status`: how a machine is, on one screen.
import { setTimeout as delay } from 'node:timers/promises';
import { styleText } from 'node:util';
import { type ChainStatus, type Client, type Status, UnreachableError } from '@twinpath/api';
import { ExitStatus } from '../exit-status.ts';
import { printJson } from '../output/json.ts';
import { tableText } from '../output/table.ts';
import { type ConnectionOptions, connect } from './connection.ts';

export interface StatusOptions extends ConnectionOptions {
  readonly wait?: boolean;
  /** Seconds. */
  readonly timeout: number;
}

const POLL_MS = 200;

/** Exit status: whether all is as it is wanted. @throws UnreachableError */
export async function status({ wait = false, timeout, json = false, ...options }: StatusOptions): Promise<number> {
  using client = connect(options);
  const found = wait ? await healthy(client, timeout) : (await client.call('getStatus')).data;
  if (json) printJson(found);
  else process.stdout.write(`${statusText(found)}\n`);
  return found.healthy ? ExitStatus.ok : ExitStatus.failed;
}

/** As it was last, when the time is over. */
async function healthy(client: Client, seconds: number): Promise<Status> {
  const end = performance.now() + seconds * 1_000;
  for (;;) {
    const isLast = performance.now() >= end;
    try {
      const { data } = await client.call('getStatus');
      if (data.healthy || isLast) return data;
    } catch (error) {
      // It may be on its way.
      if (!(error instanceof UnreachableError) || isLast) throw error;
    }
    await delay(POLL_MS);
  }
}

function statusText({ node, version, revision, healthy: isHealthy, store, unconfirmed, chains }: Status): string {
  const word = (good: boolean, text: string) => styleText(good ? 'green' : 'red', text, { stream: process.stdout });
  const head = [
    `node      ${node}, twinpath ${version}: ${isHealthy ? word(true, 'healthy') : word(false, 'not healthy')}`,
    `store     ${store.kind}: ${store.reachable ? 'reachable' : word(false, 'not reachable')}, revision ${revision}`,
    ...(unconfirmed === undefined
      ? []
      : [`waits     for \`twinpath confirm ${unconfirmed.revision}\` until ${unconfirmed.confirmBy}`]),
  ];
  if (chains.length === 0) return [...head, '', 'No chains. `twinpath apply -f chain.yaml` brings one.'].join('\n');
  const rows = chains.map((chain) => [
    chain.name,
    chain.state,
    chain.revision ?? '-',
    portsOf(chain),
    functionsOf(chain),
  ]);
  const problems = chains.flatMap(({ name, problem }) => (problem === undefined ? [] : [problemText(name, problem)]));
  const table = tableText(['chain', 'state', 'revision', 'ports', 'functions'], rows);
  return [...head, '', table, ...(problems.length === 0 ? [] : ['', ...problems])].join('\n');
}

const portsOf = ({ ports }: ChainStatus) =>
  ports
    .map(({ interface: link, hook, mode }) => `${link} (${mode === undefined ? hook : `${hook}, ${mode}`})`)
    .join(' ') || '-';
const functionsOf = ({ functions }: ChainStatus) => functions.map(({ name }) => name).join(' ') || '-';
const problemText = (chain: string, { detail, hint }: NonNullable<ChainStatus['problem']>) =>
  `chain ${chain}: ${detail}${hint === undefined ? '' : `\nhint: ${hint}`}`;
