// What is carried in a tunnel is covered by the UDP checksum of the tunnel too, and by those of tunnels around that one. A view
// inside knows them from the inside: parts `tunnel 0`, `tunnel 1`, … are addresses of their UDP headers.
import type { ValueId } from '../../../ir/types.ts';
import { part, type View } from '../view.ts';

export interface Tunnel {
  /** Of the UDP header. */
  readonly at: ValueId;
  /** What is inside lies an odd number of bytes behind it: its words are the other way around in the sum. */
  readonly isOdd: boolean;
}

const place = (index: number) => `tunnel ${index}`;

export function tunnelsOf(of: View): readonly Tunnel[] {
  return Array.from({ length: Number(of.fixed.tunnels ?? 0) }, (_, index) => ({
    at: part(of, place(index)),
    isOdd: of.fixed[place(index)] === true,
  }));
}

/** What a view inside of these tunnels has of them. */
export function insideOf(tunnels: readonly Tunnel[]): Pick<View, 'fixed' | 'parts'> {
  return {
    fixed: {
      tunnels: tunnels.length,
      ...Object.fromEntries(tunnels.map(({ isOdd }, index) => [place(index), isOdd])),
    },
    parts: Object.fromEntries(tunnels.map(({ at }, index) => [place(index), at])),
  };
}

/** The same tunnels, so many bytes further in. */
export const behindBytes = (tunnels: readonly Tunnel[], size: number): readonly Tunnel[] =>
  size % 2 === 0 ? tunnels : tunnels.map(({ at, isOdd }) => ({ at, isOdd: !isOdd }));
