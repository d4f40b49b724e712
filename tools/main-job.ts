// `npm start`: the firewall between real hosts. Ends by itself, or at Ctrl-C, and tells whether what it saw is what the rules
// say. Nothing stays on this host.
import { parseArgs } from 'node:util';
import { ExitStatus, printJson, reportFailure, toldToEnd } from '@twinpath/cli';
import { requirePrivileges } from './main-job/privileges.ts';
import { reportText } from './main-job/report.ts';
import { runMainJob } from './main-job/run.ts';

const USAGE = 'usage: npm start [-- [--seconds N] [--json]]';

interface Options {
  readonly seconds: number;
  readonly json: boolean;
}

/** `undefined`: they are wrong, and that has been said. */
function readOptions(): Options | undefined {
  try {
    const { values } = parseArgs({
      options: { seconds: { type: 'string', default: '10' }, json: { type: 'boolean', default: false } },
    });
    const seconds = Number(values.seconds);
    if (Number.isFinite(seconds) && seconds > 0) return { seconds, json: values.json };
    console.error(`--seconds ${values.seconds} is no number of seconds above 0`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
  console.error(USAGE);
  return undefined;
}

async function main({ seconds, json }: Options): Promise<number> {
  try {
    requirePrivileges();
    const run = await runMainJob(toldToEnd(), seconds);
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
