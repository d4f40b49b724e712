import { styleText } from 'node:util';
import type { Log } from '@twinpath/vnf';
import { CLEAR_LINE } from '../output/clear-line.ts';

/** The slow path's own words, a line each. What it says for debugging is left out. */
export function logTo(stream: NodeJS.WriteStream): Log {
  const line = (level: string, colour: 'red' | 'yellow' | 'dim') => (text: string) => {
    const clear = stream.isTTY ? CLEAR_LINE : '';
    stream.write(`${clear}${styleText(colour, level, { stream })} ${text}\n`);
  };
  return {
    debug: () => {},
    info: line('info', 'dim'),
    warn: line('warning', 'yellow'),
    error: line('error', 'red'),
  };
}
