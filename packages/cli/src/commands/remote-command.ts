import { Command, InvalidArgumentError } from 'commander';
import { connectionOptions } from '../remote/connection.ts';

/** A command that asks a daemon; `json`: what `--json` prints. */
export function remoteCommand(name: string, description: string, json: string): Command {
  const command = new Command(name).description(description);
  for (const option of connectionOptions()) command.addOption(option);
  return command.option('--json', `one line of JSON: ${json}`);
}

const SECONDS = { s: 1, min: 60, h: 3600 } as const;

/** `60s`, `5min`, `1h`, or a number of seconds. */
export function seconds(text: string): number {
  const [, number, unit = 's'] = /^(\d+)\s*(s|min|h)?$/.exec(text) ?? [];
  const factor = unit === 's' || unit === 'min' || unit === 'h' ? SECONDS[unit] : undefined;
  if (number === undefined || factor === undefined || Number(number) === 0) {
    throw new InvalidArgumentError('Write a time such as 60s, 5min or 1h.');
  }
  return Number(number) * factor;
}

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
}
