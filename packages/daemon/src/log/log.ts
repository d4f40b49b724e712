// The daemon's log: JSON lines, for journald; for people on a terminal.
import { Writable } from 'node:stream';
import { styleText } from 'node:util';
import type { Log } from '@twinpath/vnf';
import { pino } from 'pino';
import { z } from 'zod';
import type { EventLog } from '../events/event-log.ts';

export type DaemonLog = pino.Logger;

export function openLog(level: string, stream: NodeJS.WriteStream = process.stderr): DaemonLog {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, stream.isTTY ? pretty(stream) : stream);
}

const line = z.object({
  level: z.string(),
  time: z.string(),
  msg: z.string().default(''),
  chain: z.string().optional(),
  err: z.object({ stack: z.string() }).optional(),
});
const COLOURS = { debug: 'dim', info: 'dim', warn: 'yellow', error: 'red' } as const;

function pretty(stream: NodeJS.WriteStream): Writable {
  return new Writable({
    write(chunk: Buffer, _, done) {
      const { level, time, msg, chain, err } = line.parse(JSON.parse(chunk.toString()));
      const [, colour = 'red'] = Object.entries(COLOURS).find(([name]) => name === level) ?? [];
      const head = `${styleText('dim', time.slice(11, 23), { stream })} ${styleText(colour, level.padEnd(5), { stream })}`;
      const of = chain === undefined ? '' : `${styleText('bold', chain, { stream })} `;
      stream.write(`${head} ${of}${msg}\n${err === undefined ? '' : `${err.stack}\n`}`);
      done();
    },
  });
}

export interface Lines {
  readonly log: DaemonLog;
  readonly events: EventLog;
  /** A text without secrets. */
  redact(text: string): string;
}

/** Lines of a chain: in the log, and for who listens to events. `''`: of no chain. */
export function chainLog({ log, events, redact }: Lines, chain: string): Log {
  const own = chain === '' ? log : log.child({ chain });
  const write = (level: keyof Log) => (said: string) => {
    const text = redact(said);
    own[level](text);
    events.add({ kind: 'log', level, text, ...(chain !== '' && { chain }) });
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
