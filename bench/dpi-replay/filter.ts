import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { attachTcx, BpfProgram, createMaps } from '@twinpath/ebpf';
import { inNamespace } from '@twinpath/linux';
import { findClang, systemHeaders } from '../fast-path/compile-c.ts';
import { readObject } from '../fast-path/read-object.ts';
import type { Wire } from './arena.ts';

const MAPS = [
  { name: 'flows', type: 'lru-hash', keySize: 40, valueSize: 4, maxEntries: 262_144 },
  { name: 'counted', type: 'array', keySize: 4, valueSize: 8, maxEntries: 1 },
] as const;

export interface Filter extends Disposable {
  /** Packets that it has seen. */
  packets(): number;
}

/** The C program on the near end of the wire. */
export function startFilter({ arena: { near, folder }, port }: Wire): Filter {
  using stack = new DisposableStack();
  const maps = createMaps(MAPS, stack);
  const program = stack.use(BpfProgram.load(compiled(folder), { maps }));
  const ifindex = near.ifindex(port);
  stack.use(inNamespace(near.namespace, () => attachTcx({ program, ifindex, direction: 'ingress' })));
  const owned = stack.move();
  return {
    packets() {
      const value = maps.counted?.lookup(new Uint8Array(4));
      return value === undefined ? 0 : Number(Buffer.from(value).readBigUInt64LE());
    },
    [Symbol.dispose]: () => owned.dispose(),
  };
}

function compiled(folder: string) {
  const clang = findClang();
  if (clang === undefined) throw new Error('there is no clang');
  const output = join(folder, 'filter.o');
  const source = fileURLToPath(new URL('filter.bpf.c', import.meta.url));
  const options = ['-O2', '-g0', '-Wall', '-Werror', '-fno-strict-aliasing', '--target=bpf', '-mcpu=v3'];
  execFileSync(clang.command, [...options, ...systemHeaders(), '-c', source, '-o', output], { stdio: 'pipe' });
  return readObject(new Uint8Array(readFileSync(output)), 'filter', 'tc');
}
