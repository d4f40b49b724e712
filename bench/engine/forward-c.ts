// The same in C: see xsk.c.
import { execFileSync, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { attachXdp, BpfMap, BpfProgram } from '@twinpath/ebpf';
import { toSockets } from '@twinpath/engine/ports/live';
import { getLink, inNamespace, Netlink } from '@twinpath/linux';
import { type Forwarded, type Mode, SETTLE_MS } from './forward-engine.ts';
import { LineProcess, NEAR, type Wire } from './wire.ts';

/** `program`: where the compiled program goes. */
export function compileForwarder(program: string): void {
  const source = fileURLToPath(new URL('xsk.c', import.meta.url));
  execFileSync('gcc', ['-O2', '-march=native', '-Wall', '-Wextra', '-o', program, source], { stdio: 'pipe' });
}

export async function forwardByC(wire: Wire, program: string, mode: Mode, ms: number): Promise<Forwarded> {
  using map = BpfMap.create({ name: 'sockets', type: 'xskmap', keySize: 4, valueSize: 4, maxEntries: 1 });
  using redirect = BpfProgram.load(toSockets, { maps: { sockets: map } });
  using netlink = new Netlink(NEAR);
  const links = mode === 'forward' ? ['a', 'b'] : ['a'];
  using stack = new DisposableStack();
  for (const link of links) {
    const { ifindex } = getLink(netlink, link);
    stack.use(inNamespace(NEAR, () => attachXdp({ program: redirect, ifindex, mode: 'native' })));
  }
  const stdio = ['ignore', 'pipe', 'inherit', map.fd.number] as const;
  const child = new LineProcess(spawn(program, [NEAR, mode, ...links], { stdio: [...stdio] }));
  await child.line();
  const load = await wire.load(ms);
  await sleep(SETTLE_MS);
  child.signal('SIGTERM');
  const [received = 0, sent = 0, cpu = 0] = (await child.line()).split(' ').map(Number);
  const count = mode === 'receive' ? received : sent;
  return { rate: (count / load.ms) * 1000, cpu: cpu / count };
}
