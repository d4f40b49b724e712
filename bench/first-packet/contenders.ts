// Who gives the first packet of a connection its server: in the kernel, by a process for each flow, or by a proxy. None has a firewall.
import { existsSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { libraryFunctions } from '@twinpath/functions';
import { type RunningChain, startChain } from '@twinpath/runtime';
import { findClang } from '../fast-path/compile-c.ts';
import { absent, balanceByHaproxy, balanceByNft, type Contender } from '../network/contenders.ts';
import { CLIENTS, LANS, type Network, SERVERS, SERVICE } from '../network/network.ts';
import { startReference } from '../network/reference.ts';

export interface Way extends Omit<Contender, 'isFirewall' | 'open'> {
  /** Of the first server. */
  readonly share: number;
  /** It stands until the stack is disposed. */
  open(network: Network, stack: AsyncDisposableStack): Promise<Standing>;
}

export interface Standing {
  /** Clients take ports again after some 30,000 connections, and flows that are still known are no first packets: from here on all
   *  are new. `undefined`: nothing is asked of a process. */
  forget?(): Promise<void>;
  /** First packets that a process was asked about, so far. */
  asked?(): Promise<number>;
}

const SNMPD = '/usr/sbin/snmpd';

/** One at each server. They would all tell the load of this machine: so one is said to be idle, the other half busy. */
function startAgents({ servers, folder }: Network): void {
  for (const [index, server] of servers.entries()) {
    const file = join(folder, `${server.name}.snmpd`);
    const load = index === 0 ? 0 : 50 * cpus().length;
    const lines = ['rocommunity public', '[snmpd]', `override 1.3.6.1.4.1.2021.10.1.5.1 integer ${load}`, ''];
    writeFileSync(file, lines.join('\n'));
    server.spawn(SNMPD, ['-f', '-C', '-c', file, '-Lo', `-p${folder}/${server.name}.snmpd.pid`, 'udp:161']);
  }
}

async function start(
  network: Network,
  stack: AsyncDisposableStack,
  key: string,
  { use = library(), config }: { readonly use?: string; readonly config: object },
): Promise<RunningChain> {
  const { namespace } = network.middle;
  const ports = [CLIENTS, ...LANS].map(
    (link) => [link, { interface: link, namespace, hook: 'tcx', handOver: true }] as const,
  );
  const chain = await startChain({
    name: `bench-first-${key}`,
    ports: Object.fromEntries(ports),
    paths: ports.map(([link]) => [link, 'balancer', 'host']),
    functions: [{ name: 'balancer', use, config }],
  });
  return stack.use(chain);
}

const library = () => libraryFunctions().get('load-balancer') ?? '';
const service = (more: object = {}) => ({
  services: [
    {
      address: SERVICE,
      port: 80,
      algorithm: 'round-robin',
      backends: SERVERS.map((address) => ({ address })),
      ...more,
    },
  ],
});

export const proactive: Way = {
  name: 'ours, round robin in the fast path',
  key: 'proactive',
  share: 1 / 2,
  missing: () => undefined,
  async open(network, stack) {
    await start(network, stack, 'proactive', { config: service() });
    return {};
  },
};

export const weighted: Way = {
  name: 'ours, weighted by SNMP',
  key: 'weighted',
  share: 2 / 3,
  missing: () => absent(SNMPD),
  async open(network, stack) {
    startAgents(network);
    await start(network, stack, 'weighted', { config: service({ load: { from: 'snmp', every: '500 ms' } }) });
    return {};
  },
};

export const reactive: Way = {
  name: 'ours, reactive, weighted by SNMP',
  key: 'reactive',
  share: 2 / 3,
  missing: () => absent(SNMPD),
  async open(network, stack) {
    startAgents(network);
    const use = join(import.meta.dirname, 'reactive.vnf.ts');
    const config = { service: SERVICE, port: 80, servers: SERVERS, cores: cpus().length };
    const chain = await start(network, stack, 'reactive', { use, config });
    return {
      async forget() {
        await chain.functions[0]?.operate('forget', undefined);
      },
      async asked() {
        const { functions } = await chain.statistics();
        return functions[0]?.reasons.opened?.up ?? Number.NaN;
      },
    };
  },
};

export const kernel: Way = {
  name: 'C, round robin',
  key: 'c',
  share: 1 / 2,
  missing: () => (findClang() === undefined ? 'clang is not installed' : undefined),
  async open(network, stack) {
    stack.use(startReference(network, []));
    return {};
  },
};

export const haproxy: Way = {
  name: 'HAProxy',
  key: 'haproxy',
  share: 1 / 2,
  missing: () => absent('/usr/sbin/haproxy'),
  async open(network) {
    await balanceByHaproxy(network);
    return {};
  },
};

export const nft: Way = {
  name: 'nft DNAT',
  key: 'nft',
  share: 1 / 2,
  missing: () => absent('nft'),
  async open(network) {
    await balanceByNft(network);
    return {};
  },
};

export const ipvs: Way = {
  name: 'IPVS',
  key: 'ipvs',
  share: 1 / 2,
  missing: () => (existsSync('/proc/net/ip_vs') ? absent('ipvsadm') : 'the kernel has no IPVS (CONFIG_IP_VS)'),
  async open({ middle }) {
    const virtual = ['-t', `${SERVICE}:80`];
    await middle.exec('ip', ['address', 'add', `${SERVICE}/32`, 'dev', 'lo']);
    await middle.exec('ipvsadm', ['-A', ...virtual, '-s', 'rr']);
    for (const address of SERVERS) await middle.exec('ipvsadm', ['-a', ...virtual, '-r', `${address}:80`, '-m']);
    return {};
  },
};
