// What stands between clients and servers: a firewall of 1,000 rules and a balancer, each in its own way, all on one host.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { libraryFunctions } from '@twinpath/functions';
import { startChain } from '@twinpath/runtime';
import { findClang } from '../fast-path/compile-c.ts';
import { CLIENTS, LANS, type Network, SERVERS, SERVICE } from './network.ts';
import { startReference } from './reference.ts';

export interface Contender {
  readonly name: string;
  /** Short, of letters, digits and hyphens: part of names of namespaces. */
  readonly key: string;
  /** Senders are refused by rules. */
  readonly isFirewall: boolean;
  /** Why it cannot run here. */
  missing(): string | undefined;
  /** It stands until the stack is disposed. */
  open(network: Network, stack: AsyncDisposableStack): Promise<void>;
}

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
  async open({ middle, servers }) {
    for (const server of servers) await server.exec('ip', ['address', 'add', `${SERVICE}/32`, 'dev', 'lo']);
    const hops = SERVERS.flatMap((address) => ['nexthop', 'via', address]);
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

export const ours = (run: 'tail-calls' | 'fused', hook: 'xdp' | 'tcx'): Contender => ({
  name: `ours, ${run}, ${hook}`,
  key: `${run}-${hook}`,
  isFirewall: true,
  missing: () => undefined,
  async open({ middle: { namespace } }, stack) {
    const library = libraryFunctions();
    const links = [CLIENTS, ...LANS];
    const backends = SERVERS.map((address) => ({ address }));
    const rules = [
      { action: 'allow', direction: 'out' },
      ...refused.map((from) => ({ action: 'drop', from: [`${from}/32`] })),
      { action: 'allow', to: [`${SERVICE}/32`], protocol: ['tcp'], port: [80] },
    ];
    const chain = await startChain({
      name: `bench-web-${run}-${hook}`,
      run,
      ports: Object.fromEntries(
        links.map((link) => [link, { interface: link, namespace, hook, handOver: hook === 'tcx' }]),
      ),
      paths: [[CLIENTS, 'firewall', 'balancer', 'host'], ...LANS.map((link) => [link, 'balancer', 'host'])],
      functions: [
        { name: 'firewall', use: library.get('firewall') ?? '', config: { stateful: false, rules } },
        {
          name: 'balancer',
          use: library.get('load-balancer') ?? '',
          config: { services: [{ address: SERVICE, port: 80, algorithm: 'round-robin', backends }] },
        },
      ],
    });
    stack.use(chain);
    const entrance = chain.ports.find(({ name }) => name === CLIENTS);
    if (run === 'fused' && entrance?.isFused !== true) throw new Error('the chain is not one program');
  },
});

export async function balanceByHaproxy({ middle, folder }: Network): Promise<void> {
  await middle.exec('ip', ['address', 'add', `${SERVICE}/32`, 'dev', 'lo']);
  const file = join(folder, 'haproxy.cfg');
  const text = [
    'global\n  nbthread 2\n  maxconn 4000',
    'defaults\n  mode tcp\n  timeout connect 1s\n  timeout client 60s\n  timeout server 60s',
    `listen web\n  bind ${SERVICE}:80\n  balance roundrobin`,
    ...SERVERS.map((address, index) => `  server s${index + 1} ${address}:80`),
    '',
  ];
  writeFileSync(file, text.join('\n'));
  middle.spawn('/usr/sbin/haproxy', ['-db', '-f', file]);
}

export async function balanceByNft({ middle }: Network): Promise<void> {
  const map = SERVERS.map((address, index) => `${index} : ${address}`).join(', ');
  const rule = `ip daddr ${SERVICE} tcp dport 80 dnat to numgen inc mod ${SERVERS.length} map { ${map} }`;
  const text = `table ip web { chain in { type nat hook prerouting priority dstnat; ${rule}; }; }`;
  await middle.exec('nft', ['-f', '-'], { input: text });
}

/** What netfilter lets in: answers are not looked at. By its own tables, which walk such a list faster than nftables does. */
async function filter({ middle }: Pick<Network, 'middle'>, chain: 'INPUT' | 'FORWARD'): Promise<void> {
  const to = chain === 'INPUT' ? `-d ${SERVICE} ` : '';
  const text = [
    '*filter',
    `-A ${chain} ! -i ${CLIENTS} -j ACCEPT`,
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
