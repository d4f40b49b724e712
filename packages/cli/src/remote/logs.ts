// `logs`: what happens, as it happens.
import { styleText } from 'node:util';
import type { Event } from '@twinpath/api';
import { printJson } from '../output/json.ts';
import { toldToEnd } from '../run/ending.ts';
import { type ConnectionOptions, connect } from './connection.ts';

export interface LogsOptions extends ConnectionOptions {
  readonly all?: boolean;
  readonly seconds?: number;
}

/** Until it is told to end, or the daemon ends. */
export async function logs(chain: string | undefined, { all, seconds, json, ...options }: LogsOptions): Promise<void> {
  using client = connect(options);
  const told = toldToEnd();
  const signal = seconds === undefined ? told : AbortSignal.any([told, AbortSignal.timeout(seconds * 1_000)]);
  const query = chain === undefined ? {} : { query: { chain } };
  try {
    for await (const event of client.events({ ...query, ...(all === true && { after: 0 }), signal })) {
      if (json) printJson(event);
      else process.stdout.write(`${lineOf(event)}\n`);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function lineOf(event: Event): string {
  const at = styleText('dim', new Date(event.at).toLocaleTimeString('sv'), { stream: process.stdout });
  return `${at} ${textOf(event)}`;
}

function textOf(event: Event): string {
  switch (event.kind) {
    case 'log':
      return `${event.level} ${event.chain === undefined ? '' : `${event.chain}: `}${event.text}`;
    case 'chain':
      return `chain ${event.chain} is ${event.state}${event.detail === undefined ? '' : `: ${event.detail}`}`;
    case 'changed':
      return `revision ${event.revision} by ${event.by}: ${event.chains.join(', ') || 'no chain'}`;
    case 'confirmed':
      return `revision ${event.revision} stays`;
    case 'reverted':
      return `revision ${event.revision} was not confirmed: back to ${event.to}`;
  }
}
