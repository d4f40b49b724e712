import type { Ip, u16 } from '@twinpath/vnf';

/** Whom to ask, and for how long. */
export interface Target {
  readonly address: Ip;
  readonly port: u16;
  /** Aborted when it has taken too long. */
  readonly signal: AbortSignal;
}

/** As it stands in a URL. */
export const hostOf = ({ address, port }: Pick<Target, 'address' | 'port'>): string =>
  `${address.includes(':') ? `[${address}]` : address}:${port}`;

/** The default export of a user's module. @throws TypeError it is no function */
export async function loadFunction(file: string): Promise<(target: Target) => unknown> {
  const module: unknown = await import(file);
  const found = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
  if (typeof found !== 'function') throw new TypeError(`${file} has no function as its default export`);
  return (target) => found(target);
}
