// Debian packages that the lab and the tests use as real parts. Only as root, listed before they are installed, without
// questions, and without starting a service of theirs on this host. TWINPATH_NO_APT=1 refuses.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';

const policy = '/usr/sbin/policy-rc.d';
const folders = [...new Set([...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/bin', '/sbin', '/bin'])];

/** `wanted`: command to package. */
export function installDebian(wanted) {
  const missing = Object.entries(wanted).filter(([command]) => !has(command));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(([, name]) => name))];
  const refusal = reasonNotTo();
  if (refusal) {
    console.error(`Missing: ${packages.join(' ')} (Debian). Not installed: ${refusal}.`);
    console.error('What needs them is skipped and says so.');
    return;
  }
  console.error(`Installing from Debian: ${packages.join(' ')}`);
  withoutServices(() => install(packages));
  const still = missing.filter(([command]) => !has(command)).map(([, name]) => name);
  if (still.length > 0)
    console.error(`Could not install: ${[...new Set(still)].join(' ')}. What needs them is skipped and says so.`);
}

function has(command) {
  return folders.some((folder) => {
    try {
      accessSync(`${folder}/${command}`, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function reasonNotTo() {
  if (process.env.TWINPATH_NO_APT === '1') return 'TWINPATH_NO_APT=1';
  if (process.getuid?.() !== 0) return 'not root';
  if (!has('apt-get')) return 'no apt-get here';
  return undefined;
}

function install(packages) {
  if (!hasLists()) apt(['update']);
  const options = ['install', '-y', '--no-install-recommends'];
  if (apt([...options, ...packages])) return;
  // Old lists name versions that are gone. One package that cannot be had must not keep the others away.
  apt(['update']);
  if (apt([...options, ...packages])) return;
  for (const name of packages) apt([...options, name]);
}

function hasLists() {
  return (
    existsSync('/var/lib/apt/lists') &&
    readdirSync('/var/lib/apt/lists').some((name) => name.endsWith('_Packages') || name.includes('_Packages.'))
  );
}

function apt(options) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status } = spawnSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', ...options], {
    env,
    stdio: ['ignore', 2, 2],
  });
  return status === 0;
}

/** Packages ask policy-rc.d before they start what they install; 101: not allowed. */
function withoutServices(run) {
  const isOurs = !existsSync(policy);
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    run();
  } finally {
    if (isOurs) rmSync(policy);
  }
}
