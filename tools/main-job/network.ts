// The network of the main job; addresses of documentation (RFC 5737, RFC 3849).
//
//   client ─ eth0 ──── eth0 ─ middle ─ eth1 ──── eth0 ─ shop
//   .10 .11 .66         Twinpath       eth2 ──── eth0 ─ office .10 .200
import type { Host, Lab } from '@twinpath/testing/lab';

export const CLIENTS = {
  v4: { ordinary: '192.0.2.10', other: '192.0.2.11', blocked: '192.0.2.66' },
  v6: { ordinary: '2001:db8:1::10', other: '2001:db8:1::11', blocked: '2001:db8:1::66' },
} as const;
export const SERVERS = {
  v4: { shop: '198.51.100.10', office: '203.0.113.10', vault: '203.0.113.200' },
  v6: { shop: '2001:db8:a::10', office: '2001:db8:b::10', vault: '2001:db8:b:0:dead::10' },
} as const;
/** The vault: a part of the office's network that nobody may reach. */
export const VAULT = { v4: '203.0.113.128/25', v6: '2001:db8:b:0:dead::/80' } as const;

const ROUTERS = {
  client: ['192.0.2.1', '2001:db8:1::1'],
  shop: ['198.51.100.1', '2001:db8:a::1'],
  office: ['203.0.113.1', '2001:db8:b::1'],
} as const;

export interface Network {
  readonly client: Host;
  readonly middle: Host;
  readonly servers: readonly Host[];
}

export function buildNetwork(lab: Lab): Network {
  const [client, middle] = [lab.host('client'), lab.host('middle')];
  const [shop, office] = [lab.host('shop'), lab.host('office')];
  middle.forwarding();
  wire(lab, { host: client, middle, own: [CLIENTS.v4, CLIENTS.v6], routers: ROUTERS.client, at: 'eth0' });
  const { v4, v6 } = SERVERS;
  wire(lab, { host: shop, middle, own: [{ shop: v4.shop }, { shop: v6.shop }], routers: ROUTERS.shop, at: 'eth1' });
  const offices = [v4, v6].map(({ office: address, vault }) => ({ address, vault }));
  wire(lab, { host: office, middle, own: offices, routers: ROUTERS.office, at: 'eth2' });
  return { client, middle, servers: [shop, office] };
}

interface Wire {
  readonly host: Host;
  readonly middle: Host;
  /** IPv4 first, then IPv6. */
  readonly own: readonly Readonly<Record<string, string>>[];
  readonly routers: readonly string[];
  /** The middle's interface. */
  readonly at: string;
}

function wire(lab: Lab, { host, middle, own, routers, at }: Wire): void {
  const addresses = own.flatMap((family) => Object.values(family).map(withLength));
  lab.link(host, 'eth0', middle, at, { addresses: [addresses, routers.map(withLength)] });
  for (const router of routers) host.route('default', router);
}

const withLength = (address: string): string => `${address}/${address.includes(':') ? 64 : 24}`;
