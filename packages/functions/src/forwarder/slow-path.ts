// A Forwarder by a table: the slow path's half, which keeps the table as Linux' neighbours are.

import type { Duration, Ip, LiveNeighbours, LiveTable } from '@twinpath/vnf';
import type { neighbourKey, neighbourValue } from './fast-path.ts';

export interface ForwarderContext {
  readonly neighbours: LiveNeighbours<string>;
  every(period: Duration, task: () => void): void;
}
export interface ForwarderOptions {
  /** How often Linux makes sure of neighbours in the table that it has not heard of for long: it does not see packets that the
   *  fast path sends them. Default `10 s`. */
  readonly confirmEvery?: Duration;
}
export interface Forwarder {
  /** `true`: the neighbour is in the table. `false`: nobody answers, or too many were asked for; no question for the next
   *  seconds. */
  know(neighbour: { readonly address: Ip; readonly port: string }): Promise<boolean>;
}

/** For fast paths that forward by the kernel's table (`route`, `nextHop`): Linux makes sure of all neighbours that it has not heard
 *  of for long. It does not see their packets, and would take them for present, at their old addresses, for ever. */
export function confirmNeighbours(
  { neighbours, every }: ForwarderContext,
  { confirmEvery = '10 s' }: ForwarderOptions = {},
): void {
  every(confirmEvery, () => {
    for (const { address, port } of neighbours) void neighbours.resolve(address, port);
  });
}

/** From now on those in the table are told of when they change or go; new ones come in by `know`. */
export function keepNeighbours(
  { neighbours, every }: ForwarderContext,
  table: LiveTable<typeof neighbourKey, typeof neighbourValue>,
  { confirmEvery = '10 s' }: ForwarderOptions = {},
): Forwarder {
  neighbours.onChange(({ address, port, mac }) => {
    if (mac === undefined) table.delete({ address, port });
    else table.update({ address, port }, { mac });
  });
  every(confirmEvery, () => {
    for (const [{ address, port }] of table) {
      if (neighbours.get(address, port) === undefined) table.delete({ address, port });
      else void neighbours.resolve(address, port);
    }
  });
  return {
    async know({ address, port }) {
      await neighbours.resolve(address, port);
      // As they are by now.
      const mac = neighbours.get(address, port);
      if (mac !== undefined) table.set({ address, port }, { mac });
      return mac !== undefined;
    },
  };
}
