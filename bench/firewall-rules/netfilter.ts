// The same rules in netfilter's forward hook, and in front of it in xdp-filter.
import { spawnSync } from 'node:child_process';
import { inNamespace } from '@twinpath/linux';
import type { MixedRule } from './lists.ts';

/** Longer than this nobody waits for rules. */
const PATIENCE_MS = 60_000;

export interface Filter {
  readonly name: string;
  /** What to run, and what to give it. */
  load(rules: readonly MixedRule[]): Command;
  /** Puts another rule in the place of one in the middle. */
  update(rules: readonly MixedRule[]): Command;
  /** Of what filters in XDP, on the interface `in`: takes it away. */
  readonly unload?: Command;
}

export interface Command {
  readonly argv: readonly [string, ...string[]];
  readonly input?: string;
}

export const iptables: Filter = {
  name: 'iptables',
  load: (rules) => ({
    argv: ['iptables-restore'],
    input: ['*filter', ...rules.map((rule) => `-A FORWARD ${iptablesMatch(rule)}`), 'COMMIT', ''].join('\n'),
  }),
  update: (rules) => {
    const at = rules.length >> 1;
    return { argv: ['iptables', '-R', 'FORWARD', String(at + 1), ...iptablesMatch(rules[at]).split(' ')] };
  },
};

function iptablesMatch(rule: MixedRule | undefined): string {
  const { src, dst, protocol, sport, dport, action } = rule ?? { action: 'drop' };
  return [
    src && `-s ${src}`,
    dst && `-d ${dst}`,
    protocol && `-p ${protocol}`,
    sport && `--sport ${sport.replace('-', ':')}`,
    dport && `--dport ${dport.replace('-', ':')}`,
    `-j ${action === 'drop' ? 'DROP' : 'ACCEPT'}`,
  ]
    .filter((part) => part !== undefined)
    .join(' ');
}

const CHAIN = 'type filter hook forward priority 0; policy accept;';

export const nftLinear: Filter = {
  name: 'nft linear',
  load: (rules) => nft(`table ip bench { chain forward { ${CHAIN}\n${rules.map(nftRule).join('\n')}\n}\n}`),
  update: (rules) => nft(`insert rule ip bench forward ${nftRule(rules[rules.length >> 1])}`),
};

function nftRule(rule: MixedRule | undefined): string {
  const { src, dst, protocol, sport, dport, action } = rule ?? { action: 'drop' };
  const hasPorts = sport !== undefined || dport !== undefined;
  return [
    src && `ip saddr ${src}`,
    dst && `ip daddr ${dst}`,
    protocol && !hasPorts && `ip protocol ${protocol}`,
    sport && `${protocol} sport ${sport}`,
    dport && `${protocol} dport ${dport}`,
    action === 'drop' ? 'drop' : 'accept',
  ]
    .filter((part) => typeof part === 'string')
    .join(' ');
}

/** Sets know no order: they hold senders that are all dropped. */
export const nftSet: Filter = {
  name: 'nft set',
  load: (rules) =>
    nft(
      setOf(
        'ipv4_addr',
        'ip saddr',
        'auto-merge;',
        rules.map(({ src }) => src ?? '0.0.0.0/0'),
      ),
    ),
  update: () => nft('add element ip bench senders { 198.51.100.7 }'),
};

/** With a range of ports besides; neighbours and nests are not merged in such a set, so that there must be none. */
export const nftConcatenated: Filter = {
  name: 'nft concatenated set',
  load: (rules) => {
    const elements = rules.map(({ src }) => `${src ?? '0.0.0.0/0'} . 0-65535`);
    return nft(setOf('ipv4_addr . inet_service', 'ip saddr . udp dport', '', elements));
  },
  update: () => nft('add element ip bench senders { 198.51.100.7 . 0-65535 }'),
};

function setOf(type: string, key: string, flags: string, elements: readonly string[]): string {
  return `table ip bench {
    set senders { type ${type}; flags interval; ${flags} elements = { ${elements.join(', ')} } }
    chain forward { ${CHAIN}
      ${key} @senders drop
    }
  }`;
}

/** Whole addresses or single ports, in no order; a command for each. libxdp's dispatcher could not be tail-called. */
export const xdpFilter: Filter = {
  name: 'xdp-filter',
  load: (rules) => ({
    argv: [
      'sh',
      '-c',
      'LIBXDP_SKIP_DISPATCHER=1 xdp-filter load -m native -f ipv4 in && while read -r address; do xdp-filter ip -m src "$address" || exit; done',
    ],
    input: rules.map(({ src = '' }) => `${src.split('/')[0]}\n`).join(''),
  }),
  update: () => ({ argv: ['xdp-filter', 'ip', '-m', 'src', '198.51.100.7'] }),
  unload: { argv: ['xdp-filter', 'unload', 'in'] },
};

const nft = (input: string): Command => ({ argv: ['nft', '-f', '-'], input });

/** @returns milliseconds, or why it could not be done. */
export function run(namespace: string, { argv, input = '' }: Command): number | string {
  const [command, ...options] = argv;
  const start = performance.now();
  const result = inNamespace(namespace, () =>
    spawnSync(command, options, { input, encoding: 'utf8', timeout: PATIENCE_MS, maxBuffer: 2 ** 24 }),
  );
  if (result.status === 0) return performance.now() - start;
  const reason = result.error?.message ?? result.stderr;
  return `${argv.join(' ')}: ${reason.trim().split('\n')[0] ?? 'it failed'}`;
}
