// What stands between clients and servers: a firewall of 1,000 rules and a balancer, each in its own way, all on one host.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { libraryFunctions } from '@twinpath/functions';
import { startChain, startEngineChain } from '@twinpath/runtime';
import type { ChainSpec } from '@twinpath/vnf/chain';
import { findClang } from '../fast-path/compile-c.ts';
import { CLIENTS, INNER, type Layout, type Network, SERVICE } from './network.ts';
import { startReference } from './reference.ts';

export interface Contender {
  readonly name: string;
  /** Short, of letters, digits and hyphens: part of names of namespaces. */
  readonly key: string;
  /** Default: `inline`. */
  readonly layout?: Layout;
  readonly isOurs?: boolean;
  /** Senders are refused by rules. */
  readonly isFirewall: boolean;
  /** Why it cannot run here. */
  missing(): string | undefined;
  /** It stands until the stack is disposed. */
  open(network: Network, stack: AsyncDisposableStack): Promise<void>;
}

/** It stands, but not as what it is to be compared as. */
export class CannotStand extends Error {}

/** Senders that the firewall refuses, before the rule that lets clients ask the service. */
const refused = Array.from({ length: 999 }, (_, index) => `198.18.${(index + 1) >> 8}.${(index + 1) & 255}`);

export const haproxy: Contender = {
  name: 'iptables + HAProxy',
  key: 'haproxy',
  isFirewall: true,
  missing: () => absent('/usr/sbin/haproxy', 'iptables-legacy'),
  async open(network) {
    await filter(network, 'INPUT');
    await balanceByHaproxy(network);
  },
};

export const nat: Contender = {
  name: 'iptables + nft DNAT',
  key: 'nat',
  isFirewall: true,
  missing: () => absent('nft', 'iptables-legacy'),
  async open(network) {
    await filter(network, 'FORWARD');
    await balanceByNft(network);
  },
};

export const forwarding: Contender = {
  name: 'kernel forwarding',
  key: 'forward',
  isFirewall: false,
  missing: () => undefined,
  async open({ middle, servers, addresses }) {
    for (const server of servers) await server.exec('ip', ['address', 'add', `${SERVICE}/32`, 'dev', 'lo']);
    const hops = addresses.flatMap((address) => ['nexthop', 'via', address]);
    middle.sysctl('net.ipv4.fib_multipath_hash_policy', 1);
    await middle.exec('ip', ['route', 'add', `${SERVICE}/32`, ...hops]);
  },
};

export const reference: Contender = {
  name: 'C, tc redirect_peer',
  key: 'c',
  isFirewall: true,
  missing: () => (findClang() === undefined ? 'clang is not installed' : undefined),
  async open(network, stack) {
    stack.use(startReference(network, refused));
  },
};

/** One chain between clients and servers. Without a hook: the one that it chooses. */
export const ours = (run: 'tail-calls' | 'fused', hook?: 'xdp'): Contender => ({
  name: hook === undefined ? `ours, ${run}` : `ours, ${run}, ${hook}`,
  key: hook === undefined ? run : `${run}-${hook}`,
  isOurs: true,
  isFirewall: true,
  missing: () => undefined,
  async open(network, stack) {
    const chain = stack.use(await startChain(whole(network, run, hook), { log: quiet }));
    const entrance = chain.ports.find(({ name }) => name === CLIENTS);
    if (run === 'fused' && (entrance?.fused.length ?? 0) < 2) {
      throw new CannotStand(
        `the chain is not one program: ${entrance?.unfused.map(({ name, why }) => `${name}: ${why}`).join(', ')}`,
      );
    }
    if (entrance?.hook !== (hook ?? 'tcx')) throw new CannotStand(`packets meet the chain in ${entrance?.hook}`);
  },
});

export const inNamespaces: Contender = {
  name: 'ours, a namespace for each function',
  key: 'split',
  layout: 'split',
  isOurs: true,
  isFirewall: true,
  missing: () => undefined,
  async open(network, stack) {
    const { outer } = network;
    if (outer === undefined) throw new Error('there is no host for the firewall');
    const { functions, ports, paths } = whole(network, 'tail-calls');
    const [firewall, balancer] = functions;
    if (firewall === undefined || balancer === undefined) throw new Error('two functions are wanted');
    const wire: ChainSpec = {
      name: 'bench-web-firewall',
      ports: Object.fromEntries(
        [CLIENTS, INNER].map((link) => [link, { interface: link, namespace: outer.namespace }]),
      ),
      paths: [[CLIENTS, firewall.name, INNER]],
      functions: [firewall],
    };
    const behind: ChainSpec = {
      name: 'bench-web-balancer',
      ports,
      paths: paths.map((path) => path.filter((place) => place !== firewall.name)),
      functions: [balancer],
    };
    for (const spec of [behind, wire]) stack.use(await startChain(spec, { log: quiet }));
  },
};

export const inEngine: Contender = {
  name: 'ours, engine',
  key: 'engine',
  isOurs: true,
  isFirewall: true,
  missing: () => undefined,
  async open(network, stack) {
    const stateDirectory = join(network.folder, 'state');
    stack.use(await startEngineChain(whole(network, 'tail-calls'), { log: quiet, stateDirectory }));
  },
};

/** Nothing but what is wrong. */
const quiet = { debug() {}, info() {}, warn: console.warn, error: console.error };

function whole(
  { middle: { namespace }, addresses, lans }: Network,
  run: 'tail-calls' | 'fused',
  hook?: 'xdp',
): ChainSpec {
  const library = libraryFunctions();
  const backends = addresses.map((address) => ({ address }));
  const rules = [
    { action: 'allow', direction: 'out' },
    // Where answers come by the same interface.
    ...(lans.length === 0 ? addresses.map((from) => ({ action: 'allow', from: [`${from}/32`] })) : []),
    ...refused.map((from) => ({ action: 'drop', from: [`${from}/32`] })),
    { action: 'allow', to: [`${SERVICE}/32`], protocol: ['tcp'], port: [80] },
  ];
  const port = (link: string) => ({ interface: link, namespace, ...(hook !== undefined && { hook }) });
  return {
    name: `bench-web-${run}${hook === undefined ? '' : `-${hook}`}${lans.length === 0 ? '-one' : ''}`,
    run,
    ports: Object.fromEntries([CLIENTS, ...lans].map((link) => [link, port(link)])),
    paths: [[CLIENTS, 'firewall', 'balancer', 'host'], ...lans.map((link) => [link, 'balancer', 'host'])],
    functions: [
      { name: 'firewall', use: library.get('firewall') ?? '', config: { stateful: false, rules } },
      {
        name: 'balancer',
        use: library.get('load-balancer') ?? '',
        config: { services: [{ address: SERVICE, port: 80, algorithm: 'round-robin', backends }] },
      },
    ],
  };
}

export async function balanceByHaproxy({ middle, folder, addresses }: Network): Promise<void> {
  await middle.exec('ip', ['address', 'add', `${SERVICE}/32`, 'dev', 'lo']);
  const file = join(folder, 'haproxy.cfg');
  const text = [
    'global\n  nbthread 2\n  maxconn 4000',
    'defaults\n  mode tcp\n  timeout connect 1s\n  timeout client 60s\n  timeout server 60s',
    `listen web\n  bind ${SERVICE}:80\n  balance roundrobin`,
    ...addresses.map((address, index) => `  server s${index + 1} ${address}:80`),
    '',
  ];
  writeFileSync(file, text.join('\n'));
  middle.spawn('/usr/sbin/haproxy', ['-db', '-f', file]);
}

export async function balanceByNft({ middle, addresses }: Network): Promise<void> {
  const map = addresses.map((address, index) => `${index} : ${address}`).join(', ');
  const rule = `ip daddr ${SERVICE} tcp dport 80 dnat to numgen inc mod ${addresses.length} map { ${map} }`;
  const text = `table ip web { chain in { type nat hook prerouting priority dstnat; ${rule}; }; }`;
  await middle.exec('nft', ['-f', '-'], { input: text });
}

/** What netfilter lets in: answers are not looked at. By its own tables, which walk such a list faster than nftables does. */
async function filter({ middle, addresses, lans }: Network, chain: 'INPUT' | 'FORWARD'): Promise<void> {
  const to = chain === 'INPUT' ? `-d ${SERVICE} ` : '';
  const text = [
    '*filter',
    ...(lans.length > 0 ? [`! -i ${CLIENTS}`] : addresses.map((from) => `-s ${from}`)).map(
      (answers) => `-A ${chain} ${answers} -j ACCEPT`,
    ),
    ...refused.map((from) => `-A ${chain} -s ${from} -j DROP`),
    `-A ${chain} ${to}-p tcp --dport 80 -j ACCEPT`,
    `-A ${chain} -j DROP`,
    'COMMIT',
    '',
  ];
  await middle.exec('iptables-legacy-restore', [], { input: text.join('\n') });
}

export function absent(...commands: readonly string[]): string | undefined {
  const missing = commands.filter((command) => spawnSync(command, ['-v']).error !== undefined);
  return missing.length === 0 ? undefined : `${missing.join(' and ')} not installed`;
}
