// Kernels as Debian packages, fetched by apt with a state of its own: the system's lists and packages stay as they are.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { CpioArchive } from './cpio.ts';
import type { Kernel } from './kernel.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** In the order in which they need each other. What a kernel has built in is not there. */
const MODULES = ['llc', 'stp', 'bridge', 'dummy', 'veth', 'sch_ingress', 'cls_bpf'];
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
  const folder = join(cache, kernel.name);
  if (anew || !existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    const fresh = mkdtempSync(join(cache, 'fetching-'));
    try {
      fetchInto(kernel, fresh);
      rmSync(folder, { recursive: true, force: true });
      renameSync(fresh, folder);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  }
  const version = readFileSync(join(folder, 'version'), 'utf8');
  return { version, image: join(folder, 'vmlinuz'), modules: join(folder, 'modules.cpio') };
}

function fetchInto(kernel: Kernel, folder: string): void {
  const work = join(folder, 'work');
  const options = privateApt(kernel.suite, work);
  execFileSync('apt-get', [...options, '-q', 'update'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const parts = partsOf(kernel.package, options);
  execFileSync('apt-get', [...options, '-q', 'download', ...parts], {
    cwd: work,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const debs = readdirSync(work).filter((file) => file.endsWith('.deb'));
  for (const deb of debs) execFileSync('dpkg-deb', ['-x', join(work, deb), join(work, 'root')]);
  const root = join(work, 'root');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  // In /boot, or since 7.0 beside its modules.
  const image = files.find((file) => basename(file).startsWith('vmlinuz'));
  if (image === undefined) throw new Error(`there is no kernel in ${parts.join(', ')}`);
  renameSync(join(root, image), join(folder, 'vmlinuz'));
  writeFileSync(join(folder, 'modules.cpio'), modulesIn(root, files));
  writeFileSync(join(folder, 'version'), debs[0]?.split('_')[1] ?? 'unknown');
  rmSync(work, { recursive: true });
}

function privateApt(suite: string, work: string): readonly string[] {
  if (!existsSync(KEYRING))
    throw new Error(`kernels come from Debian, and ${KEYRING} is not here (debian-archive-keyring)`);
  for (const folder of ['lists/partial', 'state', 'cache/archives/partial'])
    mkdirSync(join(work, folder), { recursive: true });
  const [list, status] = [join(work, 'sources.list'), join(work, 'status')];
  writeFileSync(list, `deb [signed-by=${KEYRING}] ${repositoryOf(suite)} ${suite} main\n`);
  writeFileSync(status, '');
  const settings = {
    'Dir::Etc::sourcelist': list,
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State': join(work, 'state'),
    'Dir::State::lists': join(work, 'lists'),
    'Dir::State::status': status,
    'Dir::Cache': join(work, 'cache'),
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/** Where this machine gets Debian from. */
function repositoryOf(suite: string): string {
  const format = '$(CREATED_BY) $(LABEL) $(REPO_URI)';
  const targets = execFileSync('apt-get', ['indextargets', '--format', format], { encoding: 'utf8' }).split('\n');
  const label = suite.endsWith('-security') ? 'Debian-Security' : 'Debian';
  const found = targets.map((line) => line.split(' ')).find(([kind, whose]) => kind === 'Packages' && whose === label);
  if (found?.[2] === undefined)
    throw new Error(`this machine has no lists of ${label}: run apt-get update on a Debian`);
  return found[2];
}

/** The packages with files among those that a package of none depends on. */
function partsOf(name: string, options: readonly string[]): readonly string[] {
  const output = execFileSync('apt-cache', [...options, 'depends', '--recurse', '--important', name], {
    encoding: 'utf8',
  });
  const parts = output.split('\n').filter((line) => PARTS.test(line));
  if (parts.length === 0) throw new Error(`${name} brings no kernel`);
  return [...new Set(parts)];
}

function modulesIn(root: string, files: readonly string[]): Uint8Array {
  const archive = new CpioArchive();
  for (const [index, name] of MODULES.entries()) {
    const file = files.find((one) => [`${name}.ko`, `${name}.ko.xz`].includes(basename(one)));
    if (file !== undefined) archive.file(`/modules/${index} ${basename(file)}`, readFileSync(join(root, file)));
  }
  return archive.bytes();
}
