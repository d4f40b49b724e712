// `check --watch`: each check in a process of its own, because Node runs a module that it has run before only once.
import { spawn } from 'node:child_process';
import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { sourceFiles } from '@twinpath/compiler';
import { ownFunctions, readTarget } from '../chain-file/read-target.ts';
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

/** The files that are known before the function can be read are enough: only they can be what keeps it from being read. */
async function filesOf(path: string, { config }: CheckOptions): Promise<readonly string[]> {
  const given = [path, ...(config === undefined ? [] : [config])].filter((name) => /[./]/.test(name));
  const functions = functionsOf(path, config);
  const sources = await Promise.all(functions.map((file) => sourceFiles(file)));
  return [...new Set([...given.map((name) => resolve(name)), ...sources.flat()])];
}

function functionsOf(path: string, config: string | undefined): readonly string[] {
  try {
    return ownFunctions(readTarget(path, config === undefined ? {} : { config })).map(({ use }) => use);
  } catch {
    // The check itself says what is wrong.
    return [];
  }
}

function checkOnce(path: string, { config, json }: CheckOptions): Promise<void> {
  const [launcher = ''] = process.argv.slice(1);
  const operands = [path, ...(config === undefined ? [] : ['--config', config]), ...(json ? ['--json'] : [])];
  const child = spawn(process.execPath, [...process.execArgv, launcher, 'check', ...operands], { stdio: 'inherit' });
  return new Promise((done, failed) => child.once('error', failed).once('close', () => done()));
}

type Times = ReadonlyMap<string, number | undefined>;
const times = (files: readonly string[]): Times =>
  new Map(files.map((file) => [file, statSync(file, { throwIfNoEntry: false })?.mtimeMs]));

/** Folders are watched, not files: editors put a new file in the place of the old one. */
async function change(files: readonly string[], before: Times): Promise<void> {
  const folders = new Set(files.map((file) => dirname(file)));
  const watchers: FSWatcher[] = [];
  try {
    await new Promise<void>((done, failed) => {
      const look = () => {
        const now = times(files);
        if (files.some((file) => now.get(file) !== before.get(file))) done();
      };
      for (const folder of folders) watchers.push(watch(folder, look).on('error', failed));
      look();
    });
  } finally {
    for (const watcher of watchers) watcher.close();
  }
}
