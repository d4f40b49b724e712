import type { u16 } from '../types/values.ts';
import { AddressError } from './address-error.ts';

/** Both ends belong to it. */
export interface PortRange {
  readonly from: u16;
  readonly to: u16;
}

/** `443`, `'443'` or `'8000-8999'`. @throws AddressError */
export function parsePortRange(text: string | number): PortRange {
  const match = /^([0-9]+)(?:-([0-9]+))?$/.exec(String(text));
  if (!match) throw bad(text, 'it is neither a number nor two with a hyphen between');
  const from = Number(match[1]);
  const to = Number(match[2] ?? match[1]);
  if (from > 0xffff || to > 0xffff) throw bad(text, 'ports end at 65535');
  if (from > to) throw bad(text, 'it ends before it begins');
  return { from, to };
}

function bad(text: string | number, why: string): AddressError {
  return new AddressError('a port or a range of ports', String(text), why, "write 443 or '8000-8999'");
}

export function formatPortRange({ from, to }: PortRange): u16 | `${number}-${number}` {
  return from === to ? from : `${from}-${to}`;
}
