// Who asks whom for what, and what the rules say about it.
import { CLIENTS, SERVERS } from './network.ts';
import { PORTS } from './rules.ts';

export interface Case {
  readonly name: string;
  readonly source: string;
  readonly server: string;
  readonly port: number;
  readonly expected: 'served' | 'refused';
  /** Only the slow path can decide the first packet. */
  readonly asks: boolean;
}

const FAMILIES = [
  { family: 'IPv4', clients: CLIENTS.v4, servers: SERVERS.v4 },
  { family: 'IPv6', clients: CLIENTS.v6, servers: SERVERS.v6 },
] as const;

export const CASES: readonly Case[] = FAMILIES.flatMap(({ family, clients, servers }) => {
  const { ordinary, other, blocked } = clients;
  const { shop, office, vault } = servers;
  const told = (what: string, source: string, server: string, port: number) => ({
    name: `${family}, ${what}`,
    source,
    server,
    port,
    asks: false,
  });
  const served = (...of: Parameters<typeof told>): Case => ({ ...told(...of), expected: 'served' });
  const refused = (...of: Parameters<typeof told>): Case => ({ ...told(...of), expected: 'refused' });
  const asks = (of: Case): Case => ({ ...of, asks: true });
  return [
    served('port 80 of the shop', ordinary, shop, PORTS.web),
    served('port 80 of the office, another client', other, office, PORTS.web),
    refused('a blocked client', blocked, shop, PORTS.web),
    refused('a blocked network', ordinary, vault, PORTS.web),
    ...(family === 'IPv4'
      ? [
          served('a range of ports, to its network', ordinary, shop, PORTS.range),
          refused('a range of ports, to another network', ordinary, office, PORTS.range),
        ]
      : [refused('a range of ports, of IPv4 alone', ordinary, shop, PORTS.range)]),
    asks(served('within the hours', ordinary, shop, PORTS.openNow)),
    asks(refused('out of hours', ordinary, shop, PORTS.closedNow)),
    asks(served('by DNS name', other, shop, PORTS.byName)),
    asks(refused('another than the DNS name', other, office, PORTS.byName)),
    refused('what no rule mentions', other, office, PORTS.unmentioned),
  ];
});
