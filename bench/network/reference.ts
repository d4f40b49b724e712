// The C reference on the ports of the host in the middle.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { attachTcx, BpfProgram, createMaps } from '@twinpath/ebpf';
import { inNamespace } from '@twinpath/linux';
import { findClang, systemHeaders } from '../fast-path/compile-c.ts';
import { readObject } from '../fast-path/read-object.ts';
import { CLIENT, CLIENTS, type Network, SERVICE } from './network.ts';

const MAPS = [
  { name: 'refused', type: 'hash', keySize: 4, valueSize: 1, maxEntries: 4096 },
  { name: 'flows', type: 'lru-hash', keySize: 12, valueSize: 8, maxEntries: 262_144 },
  { name: 'ends', type: 'array', keySize: 4, valueSize: 20, maxEntries: 3 },
  { name: 'turns', type: 'array', keySize: 4, valueSize: 4, maxEntries: 1 },
] as const;

export function startReference(network: Network, refused: readonly string[]): Disposable {
  const { middle, client, servers, addresses, lans, folder } = network;
  using stack = new DisposableStack();
  const maps = createMaps(MAPS, stack);
  for (const address of refused) maps.refused?.update(octets(address), Uint8Array.of(1));
  const hosts = [client, ...servers];
  const ends = [CLIENT, ...addresses].map((address, end) => ({
    link: network.linkTo(end),
    address,
    host: hosts[end] ?? client,
  }));
  for (const [number, { link, address, host }] of ends.entries()) {
    const value = Buffer.alloc(20);
    value.writeUInt32LE(middle.ifindex(link), 0);
    value.set(octets(address), 4);
    value.set(macBytes(host.mac('eth0')), 8);
    value.set(macBytes(middle.mac(link)), 14);
    maps.ends?.update(Uint8Array.of(number, 0, 0, 0), value);
  }
  const constants = {
    CLIENTS: lans.length === 0 ? 0 : middle.ifindex(CLIENTS),
    SERVICE: `${Buffer.from(octets(SERVICE)).readUInt32LE()}u`,
  };
  const program = stack.use(BpfProgram.load(compiled(constants, folder), { maps }));
  for (const link of [CLIENTS, ...lans]) {
    const ifindex = middle.ifindex(link);
    stack.use(inNamespace(middle.namespace, () => attachTcx({ program, ifindex, direction: 'ingress' })));
  }
  return stack.move();
}

function compiled(constants: Readonly<Record<string, string | number>>, folder: string) {
  const clang = findClang();
  if (clang === undefined) throw new Error('there is no clang');
  const source = fileURLToPath(new URL('reference.bpf.c', import.meta.url));
  const output = join(folder, 'reference.o');
  const macros = Object.entries(constants).map(([name, value]) => `-D${name}=${value}`);
  const always = ['-O2', '-g0', '-Wall', '-Werror', '-fno-strict-aliasing', '--target=bpf', '-mcpu=v3'];
  execFileSync(clang.command, [...always, ...systemHeaders(), ...macros, '-c', source, '-o', output], {
    stdio: 'pipe',
  });
  return readObject(new Uint8Array(readFileSync(output)), 'reference', 'tc');
}

const octets = (address: string) => Uint8Array.from(address.split('.').map(Number));
const macBytes = (mac: string) => Buffer.from(mac.replaceAll(':', ''), 'hex');
