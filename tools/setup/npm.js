// npm packages as the lock file says, installed only when it has changed. No install scripts run.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const stamp = `${root}node_modules/.twinpath-lock`;

function isWritable(path) {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

export function installNpm() {
  const wanted = createHash('sha256')
    .update(readFileSync(`${root}package-lock.json`))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  if (existsSync(stamp) && !isWritable(`${root}node_modules`)) {
    console.error('package-lock.json has changed, and node_modules cannot be written: going on with what is there.');
    return;
  }
  console.error('Installing npm packages from package-lock.json (no install scripts) …');
  // Not `npm ci`: it refuses a lock file that lacks a package for some other platform, and mirrors do not have them all.
  const options = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, error } = spawnSync('npm', options, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    console.error(
      `npm install failed${error ? `: ${error.message}` : ''}. Run it by hand, with --ignore-scripts, and try again.`,
    );
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}
