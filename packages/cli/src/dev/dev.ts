// `dev`: what is written runs. Each version runs in a process of its own, because Node runs a module that it has run before only once;
// the next process adopts what the one before leaves behind, so that packets meet the old programs or the new ones and tables stay.
import { basename } from 'node:path';
import { change, filesOf, times } from '../check/changes.ts';
import { checkApart } from '../check/check-apart.ts';
import { ExitStatus } from '../exit-status.ts';
import { printJson } from '../output/json.ts';
import { toldToEnd } from '../run/ending.ts';
import type { RunOptions } from '../run/run.ts';
import { RunningVersion } from './version.ts';

/** Until it is told to end. Returns the exit status of the last version. */
export async function dev(path: string, { json = false, ...options }: RunOptions): Promise<number> {
  const told = toldToEnd();
  let running: RunningVersion | undefined;
  while (!told.aborted) {
    const files = await filesOf(path, options);
    const before = times(files);
    const { version, ...happened } = await next(path, options, running);
    running = version;
    if (json) printJson(happened);
    if (told.aborted) break;
    say(`Waiting for a change of ${files.map((file) => basename(file)).join(', ')}. Ctrl-C ends.`);
    await change(files, before, told);
  }
  return running === undefined ? ExitStatus.ok : running.end();
}

interface Next {
  /** That runs from now on: the one before, where the new one is not fine. */
  readonly version: RunningVersion | undefined;
  /** `refused`: the one before goes on, if there is one. `failed`: it did not start, and none runs. */
  readonly outcome: 'started' | 'swapped' | 'refused' | 'failed';
  readonly checkMilliseconds?: number;
  readonly startMilliseconds?: number;
}

async function next(path: string, options: RunOptions, before: RunningVersion | undefined): Promise<Next> {
  const began = performance.now();
  // Beside the version that runs; what is wrong is said.
  const status = await checkApart(path, options, ['ignore', 'ignore', 'inherit']);
  if (status !== ExitStatus.ok) {
    say(before === undefined ? 'Nothing runs yet.' : 'The version before goes on.');
    return { version: before, outcome: 'refused' };
  }
  const checked = performance.now();
  await before?.leave();
  const version = await RunningVersion.start(path, options);
  if (version === undefined) {
    say('Packets meet the programs of the version before, without a slow path, until this is mended.');
    return { version, outcome: 'failed' };
  }
  const [checkMilliseconds, startMilliseconds] = [Math.round(checked - began), Math.round(performance.now() - checked)];
  const outcome = before === undefined ? 'started' : 'swapped';
  const what = before === undefined ? 'Runs' : 'Swapped, tables kept';
  say(`${what}: ${checkMilliseconds} ms to check, ${startMilliseconds} ms to start.`);
  return { version, outcome, checkMilliseconds, startMilliseconds };
}

const say = (text: string) => process.stderr.write(`\n${text}\n`);
