// Backends and their numbers. A backend keeps its number, health and load for as long as the configuration has it.
import type { Ip, Protocol, u16 } from '@twinpath/vnf';
import type { Backend, Config, Service } from './config.ts';
import { rangeOf, SERVER_IDS } from './sizes.ts';

export type State = 'up' | 'down' | 'drained';

/** What the table `servers` holds. */
export interface ServerEntry {
  readonly address: Ip;
  readonly port: u16;
  readonly of: { readonly address: Ip; readonly port: u16; readonly protocol: Protocol };
  readonly state: State | 'none';
  readonly share: number;
  readonly factor: number;
}

export interface Server {
  readonly number: number;
  readonly service: Service;
  readonly backend: Backend;
  readonly state: State;
  readonly factor: number;
}

/** Thousandths. */
export const WHOLE = 1000;
const EMPTY: ServerEntry = {
  address: '0.0.0.0',
  port: 0,
  of: { address: '0.0.0.0', port: 0, protocol: 'tcp' },
  state: 'none',
  share: 0,
  factor: 0,
};

/** The servers of a configuration, those that `known` has with their numbers. */
export function serversOf({ services }: Config, known: Iterable<readonly [number, ServerEntry]>): readonly Server[] {
  const before = new Map(
    [...known].filter(([, { state }]) => state !== 'none').map(([n, one]) => [keyOf(one), { n, one }]),
  );
  const wanted = services.flatMap((service) => service.backends.map((backend) => ({ service, backend })));
  const taken = new Set([...before.values()].map(({ n }) => n));
  let last = 0;
  const free = () => {
    do last += 1;
    while (taken.has(last));
    return last;
  };
  return wanted.map(({ service, backend }) => {
    const found = before.get(keyOf(entryOf({ service, backend, state: 'up', factor: WHOLE })));
    const state = backend.drain ? 'drained' : found?.one.state === 'down' && service.check ? 'down' : 'up';
    const factor = service.load && found ? found.one.factor : WHOLE;
    return { number: found?.n ?? free(), service, backend, state, factor };
  });
}

type Standing = Omit<Server, 'number'>;

export function entryOf({ service, backend, state, factor }: Standing): ServerEntry {
  const { address, port = 0 } = backend;
  const of = { address: service.address, port: rangeOf(service.port).low, protocol: service.protocol };
  return { address, port, of, state, share: shareOf({ service, backend, state, factor }), factor };
}

/** What a server may be given, in thousandths of a unit of weight. */
export function shareOf({ backend, state, factor }: Standing): number {
  return state === 'up' ? backend.weight * factor : 0;
}

/** All numbers, for `replace`. */
export function serverEntries(servers: readonly Server[]): readonly ServerEntry[] {
  const entries = Array.from({ length: SERVER_IDS + 1 }, () => EMPTY);
  for (const server of servers) entries[server.number] = entryOf(server);
  return entries;
}

/** Numbers of services that were others before. */
export function movedServices(before: Config, now: Config): ReadonlySet<number> {
  const same = (a: Service, b: Service | undefined) =>
    a.address === b?.address && a.protocol === b.protocol && rangeOf(a.port).low === rangeOf(b.port).low;
  const numbers = before.services.flatMap((service, number) => (same(service, now.services[number]) ? [] : [number]));
  return new Set(numbers);
}

const keyOf = ({ address, port, of }: ServerEntry) => [address, port, of.address, of.port, of.protocol].join(' ');

export const nameOf = ({ service, backend }: Pick<Server, 'service' | 'backend'>): string =>
  `${backend.address} port ${portOf({ service, backend })}`;

/** Where the backend is to be asked. */
export const portOf = ({ service, backend }: Pick<Server, 'service' | 'backend'>): u16 =>
  backend.port ?? rangeOf(service.port).low;
