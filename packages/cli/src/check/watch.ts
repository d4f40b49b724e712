// `check --watch`: each check in a process of its own, because Node runs a module that it has run before only once.
import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { change, filesOf, times } from './changes.ts';
import type { CheckOptions } from './check.ts';

/** Checks now and after each change of a file that belongs to it, until the process is ended. */
export async function watchCheck(path: string, options: CheckOptions): Promise<never> {
  for (;;) {
    const files = await filesOf(path, options);
    const before = times(files);
    await checkOnce(path, options);
    process.stderr.write(`\nWaiting for a change of ${files.map((file) => basename(file)).join(', ')}. Ctrl-C ends.\n`);
    await change(files, before);
  }
}

function checkOnce(path: string, { config, json }: CheckOptions): Promise<void> {
  const [launcher = ''] = process.argv.slice(1);
  const operands = [path, ...(config === undefined ? [] : ['--config', config]), ...(json ? ['--json'] : [])];
  const child = spawn(process.execPath, [...process.execArgv, launcher, 'check', ...operands], { stdio: 'inherit' });
  return new Promise((done, failed) => child.once('error', failed).once('close', () => done()));
}
