// Kernels as Debian packages.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Apt } from './apt.ts';
import { architectureOf } from './architecture.ts';
import { cached } from './cached.ts';
import { CpioArchive } from './cpio.ts';
import type { Kernel } from './kernel.ts';

/** In the order in which they need each other. What a kernel has built in is not there. */
const VIRTIO = ['virtio_ring', 'virtio', 'virtio_pci_legacy_dev', 'virtio_pci_modern_dev', 'virtio_pci'];
const VIRTIO_NET = ['failover', 'net_failover', 'virtio_net'];
const MODULES = ['llc', 'stp', 'bridge', 'dummy', 'veth', 'sch_ingress', 'cls_bpf', ...VIRTIO, ...VIRTIO_NET];
/** Others are other files. */
const CHOICE = createHash('sha256').update(MODULES.join()).digest('hex').slice(0, 8);
const PARTS = /^linux-(image|binary|modules)-\d/;

export interface FetchedKernel {
  /** Of the package, such as `6.1.192-2`. */
  readonly version: string;
  readonly image: string;
  /** An archive of `/modules`. */
  readonly modules: string;
}

/** @param anew also if there is one from before */
export function fetchKernel(kernel: Kernel, cache: string, anew: boolean): FetchedKernel {
  const folder = cached(join(cache, `${kernel.name}-${CHOICE}`), anew, (fresh) => fetchInto(kernel, fresh));
  const version = readFileSync(join(folder, 'version'), 'utf8');
  return { version, image: join(folder, 'vmlinuz'), modules: join(folder, 'modules.cpio') };
}

function fetchInto({ suite, package: name, architecture }: Kernel, folder: string): void {
  const work = join(folder, 'work');
  const root = join(work, 'root');
  const apt = new Apt(suite, architectureOf(architecture), work);
  const parts = apt.dependenciesOf(name).filter((one) => PARTS.test(one));
  if (parts.length === 0) throw new Error(`${name} brings no kernel`);
  const [version] = apt.unpack(parts, root).values();
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  // In /boot, or since 7.0 beside its modules.
  const image = files.find((file) => basename(file).startsWith('vmlinuz'));
  if (image === undefined) throw new Error(`there is no kernel in ${parts.join(', ')}`);
  renameSync(join(root, image), join(folder, 'vmlinuz'));
  writeFileSync(join(folder, 'modules.cpio'), modulesIn(root, files));
  writeFileSync(join(folder, 'version'), version ?? 'unknown');
  rmSync(work, { recursive: true });
}

function modulesIn(root: string, files: readonly string[]): Uint8Array {
  const archive = new CpioArchive();
  for (const [index, name] of MODULES.entries()) {
    const file = files.find((one) => [`${name}.ko`, `${name}.ko.xz`].includes(basename(one)));
    if (file !== undefined)
      archive.file(`/modules/${String(index).padStart(2, '0')} ${basename(file)}`, readFileSync(join(root, file)));
  }
  return archive.bytes();
}
