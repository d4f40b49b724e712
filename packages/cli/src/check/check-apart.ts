import { type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { CheckOptions } from './check.ts';

/** `check` in a process of its own, because Node runs a module that it has run before only once. Returns the exit status. */
export async function checkApart(
  path: string,
  { config, json }: Pick<CheckOptions, 'config' | 'json'>,
  stdio: StdioOptions,
): Promise<number | null> {
  const [launcher = ''] = process.argv.slice(1);
  const operands = [path, ...(config === undefined ? [] : ['--config', config]), ...(json ? ['--json'] : [])];
  const child = spawn(process.execPath, [...process.execArgv, launcher, 'check', ...operands], { stdio });
  await once(child, 'close');
  return child.exitCode;
}
