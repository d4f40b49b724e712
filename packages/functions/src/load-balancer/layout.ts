// What the tables hold for a configuration and the state of its servers.
import type { Contents } from '@twinpath/vnf';
import type { Config, Service } from './config.ts';
import { type Server, shareOf } from './fleet.ts';
import { maglevRing } from './maglev.ts';
import { elementsOf } from './ring-slots.ts';
import { rangeOf } from './sizes.ts';
import type { plan } from './tables.ts';
import { turnRing } from './turn-ring.ts';

type Choice = 'hash' | 'source' | 'turn' | 'least';

const CHOICES: Readonly<Record<Service['algorithm'], Choice>> = {
  maglev: 'hash',
  source: 'source',
  'round-robin': 'turn',
  'least-connections': 'least',
};

export function layOut(config: Config, servers: readonly Server[]): Contents<typeof plan> {
  return {
    services: serviceEntries(config),
    addresses: addressEntries(config),
    ring: elementsOf(slotsOf(config, servers)),
  };
}

function* serviceEntries({ services, slots }: Config) {
  for (const [number, service] of services.entries()) {
    const { address, protocol, mode, newFlows } = service;
    const { low, high } = rangeOf(service.port);
    for (let port = low; port <= high; port++) {
      yield [
        { address, port, protocol },
        {
          service: number,
          mode,
          choice: CHOICES[service.algorithm],
          isSticky: service.affinity === 'source',
          toStack: service.whenNone === 'stack',
          firstSlot: number * slots,
          slots,
          newFlows,
        },
      ] as const;
    }
  }
}

function addressEntries({ services }: Config) {
  const addresses = new Set(services.map(({ address }) => address));
  return [...addresses].map((address) => {
    const count = services.filter((service) => service.address === address).length;
    return [{ address }, { services: count }] as const;
  });
}

/** The server of each slot; 0: none. */
export function* slotsOf({ services, slots }: Config, servers: readonly Server[]) {
  for (const service of services) {
    const own = servers.filter((server) => server.service === service);
    const ring = ringOf(service, own, slots);
    for (let slot = 0; slot < slots; slot++) yield own[ring?.[slot] ?? -1]?.number ?? 0;
  }
}

function ringOf({ algorithm }: Service, servers: readonly Server[], slots: number): Int32Array | undefined {
  const weighted = servers.map((server) => {
    const { address, port = 0 } = server.backend;
    return { address, port, weight: shareOf(server) };
  });
  return algorithm === 'round-robin' ? turnRing(weighted, slots) : maglevRing(weighted, slots);
}
