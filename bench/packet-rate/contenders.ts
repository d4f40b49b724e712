// Who drops, sends back, sends on and forwards what comes in by `a`.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { attachTcx, attachXdp, BpfProgram, type XdpMode } from '@twinpath/ebpf';
import { inNamespace } from '@twinpath/linux';
import { startChain } from '@twinpath/runtime';
import type { ChainSpec } from '@twinpath/vnf/chain';
import { compileForwarder, startC } from '../engine/forward-c.ts';
import { type Mode, startEngine } from '../engine/forward-engine.ts';
import { compileOnce, findClang } from '../fast-path/compile-c.ts';
import type { Near, NearOptions, Standing, Wires } from '../wire/wires.ts';

/** `tx`: out of `a`, addresses swapped. `redirect`: out of `b`, the same. `forward`: as a router does, out of `b`. */
export const actions = ['drop', 'tx', 'redirect', 'forward'] as const;
export type Action = (typeof actions)[number];

export interface Contender {
  readonly name: string;
  readonly actions: readonly Action[];
  /** What its wires must be. */
  readonly near: NearOptions;
  /** Frames that are redirected come out as they came in. */
  readonly leavesAddresses?: boolean;
  /** Why it cannot run here. */
  missing(): string | undefined;
  /** It stands until the stack is disposed. `undefined`: what it does is seen on the wires. */
  open(place: Place, action: Action, stack: AsyncDisposableStack): Promise<Standing | undefined>;
}

export interface Place {
  readonly wires: Wires;
  readonly near: Near;
}

/** Socket buffers come in by NAPI, and go out as such. */
const BUFFERS: NearOptions = { sink: 'tcx', gro: true };
const noClang = () => (findClang() === undefined ? 'clang is not installed' : undefined);

export const kernel: Contender = {
  name: 'kernel forwarding',
  actions: ['forward'],
  near: BUFFERS,
  missing: () => undefined,
  open: async () => undefined,
};

const nftRules: Readonly<Record<Exclude<Action, 'tx'>, string>> = {
  drop: 'table netdev rate { chain in { type filter hook ingress device a priority 0; drop; }; }',
  redirect: 'table netdev rate { chain in { type filter hook ingress device a priority 0; fwd to b; }; }',
  forward:
    'table ip rate { chain on { type filter hook forward priority 0; policy drop; udp dport >= 1024 accept; }; }',
};

export const nft: Contender = {
  name: 'nft',
  actions: ['drop', 'redirect', 'forward'],
  near: BUFFERS,
  leavesAddresses: true,
  missing: () => (spawnSync('nft', ['-v']).error === undefined ? undefined : 'nft is not installed'),
  async open({ near: { host } }, action) {
    if (action === 'tx') throw new Error('nft sends nothing back');
    await host.exec('nft', ['-f', '-'], { input: nftRules[action] });
    return undefined;
  },
};

export const cOn = (hook: 'xdp' | 'tc', mode: XdpMode = 'native'): Contender => ({
  name: hook === 'tc' ? 'C, tcx' : mode === 'native' ? 'C, XDP' : 'C, generic XDP',
  actions,
  near: hook === 'xdp' && mode === 'native' ? {} : BUFFERS,
  missing: noClang,
  async open({ near: { host } }, action, stack) {
    const constants = { ACTION: actions.indexOf(action), OUT: host.ifindex('b') };
    const spec = compileOnce(new URL('actions.bpf.c', import.meta.url), hook, constants);
    const program = stack.use(BpfProgram.load(spec));
    const ifindex = host.ifindex('a');
    const attach = () =>
      hook === 'xdp' ? attachXdp({ program, ifindex, mode }) : attachTcx({ program, ifindex, direction: 'ingress' });
    stack.use(inNamespace(host.namespace, attach));
    return undefined;
  },
});

export const ours = (hook: 'xdp' | 'tcx'): Contender => ({
  name: `ours, ${hook === 'xdp' ? 'XDP' : hook}`,
  actions,
  near: hook === 'xdp' ? {} : BUFFERS,
  missing: () => undefined,
  async open({ near: { host } }, action, stack) {
    stack.use(await startChain(chainOf(host.namespace, hook, action)));
    return undefined;
  },
});

function chainOf(namespace: string, hook: 'xdp' | 'tcx', action: Action): ChainSpec {
  const name = `bench-rate-${hook}-${action}`;
  const file = (of: string) => new URL(of, import.meta.url).pathname;
  const a = { interface: 'a', namespace, hook };
  if (action !== 'redirect') {
    const functions = [{ name: 'turn', use: file('turn.vnf.ts'), config: { action } }];
    return { name, ports: { a }, paths: [['a', 'turn', 'host']], functions };
  }
  return {
    name,
    ports: { a, b: { interface: 'b', namespace, hook } },
    paths: [
      ['a', 'cross:near'],
      ['cross:beyond', 'b'],
    ],
    functions: [{ name: 'cross', use: file('cross.vnf.ts') }],
  };
}

const modes: Readonly<Record<Exclude<Action, 'forward'>, Mode>> = {
  drop: 'receive',
  tx: 'reflect',
  redirect: 'forward',
};
const modeOf = (action: Action): Mode => {
  if (action === 'forward') throw new Error('frames are sent on by AF_XDP without a route');
  return modes[action];
};
const RINGS = { actions: ['drop', 'tx', 'redirect'], near: { sink: 'tcx' } } as const;

export const xsk: Contender = {
  ...RINGS,
  name: 'C, AF_XDP',
  missing: () => (spawnSync('gcc', ['--version']).error === undefined ? undefined : 'gcc is not installed'),
  open({ wires, near }, action, stack) {
    const program = join(wires.lab.folder, `xsk-${action}`);
    compileForwarder(program);
    return startC(near, program, modeOf(action), stack);
  },
};

export const engine: Contender = {
  ...RINGS,
  name: 'engine',
  missing: () => undefined,
  open: ({ near }, action, stack) => startEngine(near, modeOf(action), stack),
};
