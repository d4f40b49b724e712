// Debian packages, fetched by apt with a state of its own and unpacked: the system's lists, packages and architectures stay as
// they are.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Architecture } from './architecture.ts';
import { ask, Unavailable } from './unavailable.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The packages of one suite, as a system without any package sees them. All throw Unavailable without a network. */
export class Apt {
  readonly #options: readonly string[];
  readonly #work: string;

  /** @param work a folder of its own, which the caller removes */
  constructor(suite: string, { debian }: Architecture, work: string) {
    this.#work = work;
    this.#options = privateState(suite, debian, work);
    this.#get('update', '--error-on=any');
  }

  /** A package and all that it depends on. */
  dependenciesOf(name: string): readonly string[] {
    const options = [...this.#options, 'depends', '--recurse', '--important', name];
    const lines = ask('apt-cache', options).split('\n');
    return [...new Set(lines.filter((line) => /^[a-z]/.test(line)))];
  }

  /** @returns the versions by package */
  unpack(names: readonly string[], root: string): ReadonlyMap<string, string> {
    this.#get('download', ...names);
    const debs = readdirSync(this.#work).filter((file) => file.endsWith('.deb'));
    for (const deb of debs) ask('dpkg-deb', ['-x', join(this.#work, deb), root]);
    return new Map(debs.map((deb) => [deb.split('_')[0] ?? '', deb.split('_')[1] ?? '']));
  }

  #get(...what: readonly string[]): void {
    ask('apt-get', [...this.#options, '-q', ...what], this.#work);
  }
}

function privateState(suite: string, architecture: string, work: string): readonly string[] {
  if (!existsSync(KEYRING))
    throw new Unavailable(`packages come from Debian, and ${KEYRING} is not here (debian-archive-keyring)`);
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
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/** Where this machine gets Debian from. */
function repositoryOf(suite: string): string {
  const format = '$(CREATED_BY) $(LABEL) $(REPO_URI)';
  const targets = ask('apt-get', ['indextargets', '--format', format]).split('\n');
  const label = suite.endsWith('-security') ? 'Debian-Security' : 'Debian';
  const found = targets.map((line) => line.split(' ')).find(([kind, whose]) => kind === 'Packages' && whose === label);
  if (found?.[2] === undefined)
    throw new Unavailable(`this machine has no lists of ${label}: run apt-get update on a Debian`);
  return found[2];
}
