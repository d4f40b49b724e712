// What a guest finds: Node, this repository with what it needs of npm, a few commands, and what starts them.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Architecture } from './architecture.ts';
import { CpioArchive } from './cpio.ts';
import type { Programs } from './programs.ts';

/** Where the repository lies in the guest. */
const HOME = '/twinpath';
const OWN = ['bench', 'examples', 'packages', 'tools/kernels'];
/** Behind node_modules/. vitest and what it needs: for `expect`. */
const MODULES = [
  'chai',
  'expect-type',
  'fast-check',
  'ipaddr.js',
  'koffi',
  'magic-string',
  'pure-rand',
  'tinybench',
  'typescript/lib/typescript.js',
  'typescript/package.json',
  'vite/dist/node/module-runner.js',
  'vite/package.json',
  'vitest',
  'zod',
];
const SOURCES = /\.(csv|json|ts)$/;
const CODE = /\.([cm]?js|json|node)$/;
const FOLDERS = ['bin', 'dev', 'proc', 'sys', 'tmp', 'run', 'root'];

const initOf = ({ consoles }: Architecture) => `#!/bin/busybox sh
export PATH=/bin HOME=/root NODE_NO_WARNINGS=1
/bin/busybox --install -s /bin 2>/dev/null
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
mount -t tmpfs run /run
mount -t bpf bpf /sys/fs/bpf
exec >/dev/${consoles.kernel} 2>&1
for module in /modules/*; do insmod "$module" || echo "cannot load $module"; done
ip link set lo up
cd ${HOME}
stty -F /dev/${consoles.results} raw
node tools/kernels/guest/main.ts >/dev/${consoles.results}
echo "RC $?" >/dev/${consoles.results}
poweroff -f
`;

/** The same for all kernels of an architecture. */
export function baseArchive(root: string, architecture: Architecture, programs: Programs): Uint8Array {
  const archive = new CpioArchive();
  for (const folder of FOLDERS) archive.directory(`/${folder}`);
  archive.file('/init', initOf(architecture), true);
  for (const [path, file] of programs.files) archive.file(path, readFileSync(file), true);
  for (const folder of OWN) addTree(archive, root, folder, SOURCES);
  archive.file(`${HOME}/package.json`, readFileSync(join(root, 'package.json')));
  for (const name of MODULES) addTree(archive, root, `node_modules/${name}`, CODE);
  addTree(archive, programs.modules, 'node_modules/@koromix', CODE);
  for (const name of readdirSync(join(root, 'node_modules/@twinpath'))) {
    archive.link(`${HOME}/node_modules/@twinpath/${name}`, `../../packages/${name}`);
  }
  return archive.bytes();
}

/** The files of a folder, or one file. */
function addTree(archive: CpioArchive, root: string, path: string, wanted: RegExp): void {
  const from = join(root, path);
  if (statSync(from).isFile()) {
    archive.file(`${HOME}/${path}`, readFileSync(from));
    return;
  }
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || (entry.name === 'dist' && wanted === SOURCES)) continue;
    if (entry.isDirectory()) addTree(archive, root, `${path}/${entry.name}`, wanted);
    else if (entry.isFile() && wanted.test(entry.name))
      archive.file(`${HOME}/${path}/${entry.name}`, readFileSync(join(from, entry.name)));
  }
}
