import type { Log } from '@twinpath/vnf';

/** Lines on standard error; those for debugging are left out. */
export function consoleLog(prefix: string): Log {
  const line = (level: string) => (text: string) => console.error(`${level} ${prefix}: ${text}`);
  return { debug: () => {}, info: line('info'), warn: line('warning'), error: line('error') };
}
