// From a socket to a poll loop: each sends back what comes in by `a`.
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assembleProgram, attachTcx, BpfProgram } from '@twinpath/ebpf';
import { inNamespace } from '@twinpath/linux';
import { startEngine } from '../engine/forward-engine.ts';
import { type Contender, cOn, engine, ours, type Place, xsk } from '../packet-rate/contenders.ts';
import { counting } from '../wire/counting.ts';
import { LineProcess } from '../wire/line-process.ts';
import { BEYOND, FIRST_PORT } from '../wire/messages.ts';
import type { Wires } from '../wire/wires.ts';

const inC = {
  actions: ['tx'],
  near: { sink: 'tcx', gro: true },
  missing: xsk.missing,
} as const satisfies Partial<Contender>;

/** Ends what no packet socket took, or the host would forward it, too. */
const END = 'r0 = 2\nexit';

const socket: Contender = {
  ...inC,
  name: 'UDP socket',
  async open({ wires, near: { host } }, _, stack) {
    await host.exec('ip', ['address', 'add', `${BEYOND}/32`, 'dev', 'lo']);
    const operands = [host.namespace, 'socket', BEYOND, String(FIRST_PORT)];
    return counting(started(wires, operands), 'sent', stack);
  },
};

const packet: Contender = {
  ...inC,
  name: 'AF_PACKET, rings',
  async open({ wires, near: { host } }, _, stack) {
    const program = stack.use(BpfProgram.load(assembleProgram('end', 'sched-cls', END)));
    const ifindex = host.ifindex('a');
    stack.use(inNamespace(host.namespace, () => attachTcx({ program, ifindex, direction: 'ingress' })));
    return counting(started(wires, [host.namespace, 'packet', 'a']), 'sent', stack);
  },
};

const busyEngine: Contender = {
  ...engine,
  name: 'engine, always polling',
  open: ({ near }: Place, _, stack) => startEngine(near, 'reflect', stack, { busy: true }),
};

/** Side by side, all the time. */
export const rungs: readonly Contender[] = [
  socket,
  packet,
  cOn('tc'),
  ours('tcx'),
  cOn('xdp', 'generic'),
  cOn('xdp'),
  ours('xdp'),
  xsk,
  engine,
];
/** This one takes a core as long as it stands. */
export const poller = busyEngine;
/** Drops what comes as early as can be: what all have to pay. */
export const floor = cOn('xdp');

/** Nanoseconds of a system call, and of a switch to another process with a read and a write. */
export function costs(wires: Wires): readonly [call: number, switched: number] {
  const [call = Number.NaN, switched = Number.NaN] = execFileSync(compiled(wires), ['costs'], { encoding: 'utf8' })
    .split(' ')
    .map(Number);
  return [call, switched];
}

function started(wires: Wires, operands: readonly string[]): LineProcess {
  return new LineProcess(spawn(compiled(wires), operands, { stdio: ['ignore', 'pipe', 'inherit'] }));
}

function compiled({ lab }: Wires): string {
  const program = join(lab.folder, 'ladder');
  const source = fileURLToPath(new URL('ladder.c', import.meta.url));
  // Linked anew, for the one that runs cannot be written to.
  const options = ['-O2', '-march=native', '-Wall', '-Wextra', '-o', `${program}.new`, source];
  execFileSync('sh', ['-c', 'gcc "$@" && mv "$0.new" "$0"', program, ...options], { stdio: 'pipe' });
  return program;
}
