// The same in C: see xsk.c.
import { execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { attachXdp, BpfMap, BpfProgram } from '@twinpath/ebpf';
import { toSockets } from '@twinpath/engine/ports/live';
import { inNamespace } from '@twinpath/linux';
import { counting } from '../wire/counting.ts';
import { LineProcess } from '../wire/line-process.ts';
import type { Near, Standing } from '../wire/wires.ts';
import type { Mode } from './forward-engine.ts';

/** `program`: where the compiled program goes. */
export function compileForwarder(program: string): void {
  const source = fileURLToPath(new URL('xsk.c', import.meta.url));
  execFileSync('gcc', ['-O2', '-march=native', '-Wall', '-Wextra', '-o', program, source], { stdio: 'pipe' });
}

/** It stands until the stack is disposed. */
export async function startC(
  { host }: Near,
  program: string,
  mode: Mode,
  stack: AsyncDisposableStack,
): Promise<Standing> {
  using map = BpfMap.create({ name: 'sockets', type: 'xskmap', keySize: 4, valueSize: 4, maxEntries: 1 });
  using redirect = BpfProgram.load(toSockets, { maps: { sockets: map } });
  const links = mode === 'forward' ? ['a', 'b'] : ['a'];
  for (const link of links) {
    const ifindex = host.ifindex(link);
    stack.use(inNamespace(host.namespace, () => attachXdp({ program: redirect, ifindex, mode: 'native' })));
  }
  const stdio = ['ignore', 'pipe', 'inherit', map.fd.number] as const;
  const child = new LineProcess(spawn(program, [host.namespace, mode, ...links], { stdio: [...stdio] }));
  return counting(child, mode === 'receive' ? 'received' : 'sent', stack);
}
