import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { libraryFunctions } from '@twinpath/functions';
import { type RunningChain, startChain } from '@twinpath/runtime';
import type { Arena } from './arena.ts';
import { SERVER, SERVICE } from './arena.ts';

export interface Contender {
  readonly name: string;
  readonly isOurs: boolean;
  /** Why it cannot run here. */
  missing(): string | undefined;
  /** Stands between clients and server until it is disposed. */
  open(arena: Arena): Promise<Standing>;
}
export interface Standing extends AsyncDisposable {
  /** What it did wrong, after all that came. */
  wrongs(): Promise<readonly string[]>;
}

/** Packet-ins each second, as gate.vnf.ts has it, and new flows of the balancer: it forwards no more of the flood than that. */
const LIMIT = 2000;

export const contenders: readonly Contender[] = [
  { name: 'reactive function', isOurs: true, missing: () => undefined, open: gate },
  { name: 'balancer', isOurs: true, missing: () => undefined, open: balancer },
  { name: 'iptables + HAProxy', isOurs: false, missing: absent, open: haproxy },
];

async function gate(arena: Arena): Promise<Standing> {
  const { middle, server } = arena;
  await using stack = new AsyncDisposableStack();
  await server.exec('ip', ['address', 'add', `${SERVICE}/32`, 'dev', 'lo']);
  stack.defer(async () => void (await server.exec('ip', ['address', 'delete', `${SERVICE}/32`, 'dev', 'lo'])));
  await middle.exec('ip', ['route', 'add', SERVICE, 'via', SERVER]);
  stack.defer(async () => void (await middle.exec('ip', ['route', 'delete', SERVICE])));
  const use = new URL('gate.vnf.ts', import.meta.url).pathname;
  const chain = stack.use(await started(arena, ['clients', 'wild'], { name: 'gate', use, config: { from: '10.1.' } }));
  const begun = performance.now();
  return standing(stack, async () => {
    const [statistics] = (await chain.statistics()).functions;
    const { up = 0, overLimit = 0 } = statistics?.reasons.opened ?? {};
    const most = LIMIT * ((performance.now() - begun) / 1000 + 1);
    return [
      ...(up <= most ? [] : [`${up} packets went up where ${most} may`]),
      ...(overLimit > 0 ? [] : ['the flood is not over the limit']),
      ...(statistics?.slowPath.handedUp === up ? [] : [`of ${up} the slow path got ${statistics?.slowPath.handedUp}`]),
    ];
  });
}

async function balancer(arena: Arena): Promise<Standing> {
  const { middle } = arena;
  await using stack = new AsyncDisposableStack();
  await middle.exec('ip', ['route', 'add', 'blackhole', `${SERVICE}/32`]);
  stack.defer(async () => void (await middle.exec('ip', ['route', 'delete', 'blackhole', `${SERVICE}/32`])));
  const use = libraryFunctions().get('load-balancer') ?? '';
  const backends = [{ address: SERVER, port: 8080 }];
  const config = { services: [{ address: SERVICE, port: 80, newFlows: LIMIT, backends }] };
  stack.use(await started(arena, ['clients', 'wild', 'lan'], { name: 'balancer', use, config }));
  return standing(stack, async () => []);
}

async function haproxy(arena: Arena): Promise<Standing> {
  const { middle, folder } = arena;
  await using stack = new AsyncDisposableStack();
  await middle.exec('ip', ['address', 'add', `${SERVICE}/32`, 'dev', 'lo']);
  stack.defer(async () => void (await middle.exec('ip', ['address', 'delete', `${SERVICE}/32`, 'dev', 'lo'])));
  const rules = [
    '-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT',
    `-A INPUT -d ${SERVICE} -p tcp --dport 80 -m conntrack --ctstate NEW -j ACCEPT`,
    '-A INPUT -i lo -j ACCEPT',
    '-P INPUT DROP',
  ];
  for (const rule of rules) await middle.exec('iptables', rule.split(' '));
  stack.defer(async () => {
    await middle.exec('iptables', ['-P', 'INPUT', 'ACCEPT']);
    await middle.exec('iptables', ['-F']);
  });
  const file = join(folder, 'haproxy.cfg');
  const text = [
    'global\n  nbthread 1\n  maxconn 4000',
    'defaults\n  mode http\n  timeout connect 1s\n  timeout client 30s\n  timeout server 30s\n  option http-keep-alive',
    `listen web\n  bind ${SERVICE}:80\n  server one ${SERVER}:8080\n`,
  ];
  writeFileSync(file, text.join('\n'));
  stack.use(middle.spawn('/usr/sbin/haproxy', ['-db', '-f', file]));
  return standing(stack, async () => []);
}

function started(
  { middle: { namespace } }: Arena,
  links: readonly string[],
  one: { readonly name: string; readonly use: string; readonly config: object },
): Promise<RunningChain> {
  return startChain({
    name: `bench-attack-${one.name}`,
    ports: Object.fromEntries(links.map((link) => [link, { interface: link, namespace, hook: 'xdp' }])),
    paths: links.map((link) => [link, one.name, 'host']),
    functions: [one],
  });
}

function standing(stack: AsyncDisposableStack, wrongs: Standing['wrongs']): Standing {
  const owned = stack.move();
  return { wrongs, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function absent(): string | undefined {
  const missing = ['/usr/sbin/haproxy', 'iptables'].filter(
    (command) => spawnSync(command, ['-V']).error !== undefined && spawnSync(command, ['-v']).error !== undefined,
  );
  return missing.length === 0 ? undefined : `${missing.join(' and ')} not installed`;
}
