// What a guest finds: Node, this repository with what it needs of npm, a few commands, and what starts them.
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CpioArchive } from './cpio.ts';

/** Where the repository lies in the guest. */
const HOME = '/twinpath';
const OWN = ['bench', 'examples', 'packages', 'tools/kernels'];
/** Behind node_modules/. vitest and what it needs: for `expect`. */
const MODULES = [
  '@koromix',
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
/** Beside those of busybox. */
const COMMANDS = ['ip', 'setpriv', 'taskset', 'tc'];
const FOLDERS = ['bin', 'dev', 'proc', 'sys', 'tmp', 'run', 'root'];
const PATHS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

const INIT = `#!/bin/busybox sh
export PATH=/bin HOME=/root NODE_NO_WARNINGS=1
/bin/busybox --install -s /bin 2>/dev/null
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
mount -t tmpfs run /run
mount -t bpf bpf /sys/fs/bpf
exec >/dev/ttyS0 2>&1
for module in /modules/*; do insmod "$module" || echo "cannot load $module"; done
ip link set lo up
cd ${HOME}
stty -F /dev/ttyS1 raw
node tools/kernels/guest/main.ts >/dev/ttyS1
echo "RC $?" >/dev/ttyS1
poweroff -f
`;

/** The same for all kernels. */
export function baseArchive(root: string): Uint8Array {
  const archive = new CpioArchive();
  for (const folder of FOLDERS) archive.directory(`/${folder}`);
  archive.file('/init', INIT, true);
  addProgram(archive, '/bin/node', realpathSync(process.execPath));
  for (const name of ['busybox', ...COMMANDS]) addProgram(archive, `/bin/${name}`, pathOf(name));
  for (const folder of OWN) addTree(archive, root, folder, SOURCES);
  archive.file(`${HOME}/package.json`, readFileSync(join(root, 'package.json')));
  for (const name of MODULES) addTree(archive, root, `node_modules/${name}`, CODE);
  for (const name of readdirSync(join(root, 'node_modules/@twinpath'))) {
    archive.link(`${HOME}/node_modules/@twinpath/${name}`, `../../packages/${name}`);
  }
  return archive.bytes();
}

function pathOf(command: string): string {
  return execFileSync('/bin/sh', ['-c', 'command -v "$0"', command], {
    encoding: 'utf8',
    env: { PATH: PATHS.join(':') },
  }).trim();
}

/** With the libraries that it is linked to. */
function addProgram(archive: CpioArchive, path: string, from: string): void {
  archive.file(path, readFileSync(from), true);
  for (const library of librariesOf(from)) {
    if (!archive.has(library)) archive.file(library, readFileSync(library), true);
  }
}

/** Empty for one that is linked statically. */
function librariesOf(program: string): readonly string[] {
  const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' });
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].flatMap(([, path]) => path ?? []);
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
