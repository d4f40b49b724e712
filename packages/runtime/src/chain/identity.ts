import { randomInt } from 'node:crypto';
import type { Identity } from '../host/record.ts';

let identity: Identity | undefined;

/** Of this process; that of the first chain that it goes on with, or one of its own. */
export function identityOf(left: Identity | undefined): Identity {
  identity ??= left ?? { seed: randomInt(2 ** 32), key: randomInt(1, 2 ** 32) };
  return identity;
}
