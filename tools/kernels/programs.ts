// Programs for guests: Node, busybox and a few commands, with the libraries that they need. A guest of this machine's
// architecture gets this machine's; others get Debian's and npm's.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Apt } from './apt.ts';
import type { Architecture } from './architecture.ts';
import { cached } from './cached.ts';
import { ask, Unavailable } from './unavailable.ts';

export interface Programs {
  /** Of this machine, by their paths in the guest. */
  readonly files: ReadonlyMap<string, string>;
  /** Folder with `node_modules/@koromix` in it: koffi's native part. */
  readonly modules: string;
}

/** Beside those of busybox; with their Debian packages. */
const COMMANDS = { ip: 'iproute2', tc: 'iproute2', setpriv: 'util-linux', taskset: 'util-linux' };
const FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
/** What Node is linked to beside the C library. */
const LIBRARIES = ['libstdc++6', 'libatomic1'];
const SUITE = 'bookworm';

export function programsFor(architecture: Architecture, root: string, cache: string, anew: boolean): Programs {
  return architecture.name === process.arch ? ownPrograms(root) : foreignPrograms(architecture, root, cache, anew);
}

function ownPrograms(root: string): Programs {
  const names = ['busybox', ...Object.keys(COMMANDS)];
  const programs = new Map([
    ['/bin/node', realpathSync(process.execPath)],
    ...names.map((name) => [`/bin/${name}`, pathOf(name)] as const),
  ]);
  const libraries = [...programs.values()].flatMap(librariesOf).map((path) => [path, path] as const);
  return { files: new Map([...programs, ...libraries]), modules: root };
}

function pathOf(command: string): string {
  const found = FOLDERS.map((folder) => join(folder, command)).find((path) => existsSync(path));
  if (found === undefined) throw new Unavailable(`guests need ${command}, which is not here`);
  return found;
}

/** Empty for one that is linked statically. */
function librariesOf(program: string): readonly string[] {
  const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' });
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].flatMap(([, path]) => path ?? []);
}

function foreignPrograms(architecture: Architecture, root: string, cache: string, anew: boolean): Programs {
  const folder = cached(join(cache, `programs-${architecture.name}`), anew, (fresh) => {
    unpackDebian(architecture, fresh);
    unpackNpm(architecture, root, fresh);
  });
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const libraries = files.filter((file) => /^(usr\/)?lib\/([^/]+\/)?[^/]+\.so[.\d]*$/.test(file));
  const programs = ['busybox', ...Object.keys(COMMANDS)].map((name) => {
    const file = files.find((one) => /(^|\/)s?bin\/([^/]+)$/.exec(one)?.[2] === name);
    if (file === undefined) throw new Error(`there is no ${name} in Debian's packages for ${architecture.name}`);
    return [`/bin/${name}`, join(folder, file)] as const;
  });
  return {
    files: new Map([
      ['/bin/node', join(folder, 'node/bin/node')],
      ...programs,
      ...libraries.map((file) => [`/${file}`, join(folder, file)] as const),
    ]),
    modules: folder,
  };
}

function unpackDebian(architecture: Architecture, folder: string): void {
  const work = join(folder, 'work');
  const apt = new Apt(SUITE, architecture, work);
  const wanted = ['busybox-static', ...Object.values(COMMANDS), ...LIBRARIES];
  const libraries = wanted.flatMap((name) => apt.dependenciesOf(name)).filter((name) => /^z?lib/.test(name));
  apt.unpack([...new Set([...wanted, ...libraries])], folder);
  rmSync(work, { recursive: true });
}

/** In the versions that this repository uses itself. */
function unpackNpm({ name }: Architecture, root: string, folder: string): void {
  const koffi = `@koromix/koffi-linux-${name}`;
  const node = `node-linux-${name}`;
  const versions: Readonly<Record<string, string>> = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  ).optionalDependencies;
  const parts: Readonly<Record<string, string>> = JSON.parse(
    readFileSync(join(root, 'node_modules/koffi/package.json'), 'utf8'),
  ).optionalDependencies;
  unpackPackage(`${node}@${versions[node]}`, join(folder, 'node'));
  unpackPackage(`${koffi}@${parts[koffi]}`, join(folder, 'node_modules', koffi));
}

function unpackPackage(name: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  ask('npm', ['pack', '--silent', name], folder);
  const [file] = readdirSync(folder).filter((one) => one.endsWith('.tgz'));
  if (file === undefined) throw new Error(`npm has no ${name}`);
  ask('tar', ['-xzf', file, '--strip-components=1'], folder);
  rmSync(join(folder, file));
}
