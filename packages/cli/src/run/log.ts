import { styleText } from 'node:util';
import type { Log } from '@twinpath/vnf';

/** The slow path's own words, a line each. What it says for debugging is left out. */
export function logTo(stream: NodeJS.WriteStream): Log {
  const line = (level: string, colour: 'red' | 'yellow' | 'dim') => (text: string) => {
    stream.write(`${styleText(colour, level, { stream })} ${text}\n`);
  };
  return {
    debug: () => {},
    info: line('info', 'dim'),
    warn: line('warning', 'yellow'),
    error: line('error', 'red'),
  };
}
