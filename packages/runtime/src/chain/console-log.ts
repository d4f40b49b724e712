import type { Log } from '@twinpath/vnf';

/** Lines on standard error; those for debugging are left out. */
export function consoleLog(prefix: string): Log {
  const line = (level: string) => (text: string) => console.error(`${level} ${prefix}: ${text}`);
  return { debug: () => {}, info: line('info'), warn: line('warning'), error: line('error') };
}

/** Lines of one function of a chain. */
export function prefixed(log: Log, name: string): Log {
  const line = (level: keyof Log) => (text: string) => log[level](`${name}: ${text}`);
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
}
