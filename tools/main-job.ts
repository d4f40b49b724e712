// `npm start`: the firewall between real hosts, or, where this process may not do that, in the user-space engine. Ends by itself, or at
// Ctrl-C, and tells whether what it saw is what the rules say. Nothing stays on this host.
import { parseArgs } from 'node:util';
import { ExitStatus, printJson, reportFailure, toldToEnd } from '@twinpath/cli';
import { missingPrivileges, PrivilegeError } from './main-job/privileges.ts';
import { reportText } from './main-job/report.ts';
import { runMainJob } from './main-job/run.ts';
import { runInEngine } from './main-job/run-in-engine.ts';
import { type MainJobRun, say } from './main-job/watch.ts';

const USAGE = 'usage: npm start [-- [--seconds N] [--on kernel|engine] [--json]]';

interface Options {
  readonly seconds: number;
  readonly json: boolean;
  /** `undefined`: in the kernel if this process may. */
  readonly on: 'kernel' | 'engine' | undefined;
}

/** `undefined`: they are wrong, and that has been said. */
function readOptions(): Options | undefined {
  try {
    const { values } = parseArgs({
      options: {
        seconds: { type: 'string', default: '10' },
        on: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const { on, json } = values;
    const seconds = Number(values.seconds);
    if (!Number.isFinite(seconds) || seconds <= 0) {
      console.error(`--seconds ${values.seconds} is no number of seconds above 0`);
    } else if (on === undefined || on === 'kernel' || on === 'engine') return { seconds, json, on };
    else console.error(`--on ${on} is neither kernel nor engine`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
  console.error(USAGE);
  return undefined;
}

/** @throws PrivilegeError */
function runWhereAllowed({ on, seconds }: Options): Promise<MainJobRun> {
  const missing = missingPrivileges();
  if (on === 'engine' || (on === undefined && missing !== '')) {
    if (missing !== '') say(`Not in the kernel: this process lacks ${missing}.`);
    return runInEngine(toldToEnd(), seconds);
  }
  if (missing === '') return runMainJob(toldToEnd(), seconds);
  throw new PrivilegeError(`the main job needs what this process may not do: ${missing}`);
}

async function main(options: Options): Promise<number> {
  const { json } = options;
  try {
    const run = await runWhereAllowed(options);
    if (json) printJson(run.result);
    else process.stdout.write(`${reportText(run)}\n`);
    const { expectations, leftovers } = run.result;
    return expectations.every(({ holds }) => holds) && leftovers.length === 0 ? ExitStatus.ok : ExitStatus.failed;
  } catch (error) {
    return reportFailure(error, { json });
  }
}

const options = readOptions();
process.exitCode = options === undefined ? ExitStatus.usage : await main(options);
