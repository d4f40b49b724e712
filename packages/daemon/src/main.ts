// twinpathd [--settings FILE] [--check]
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readSettings, SettingsError } from './read-settings.ts';
import { serve } from './service/serve.ts';

const DEFAULT_SETTINGS = '/etc/twinpath/twinpathd.yaml';
const HELP = `twinpathd: runs chains as an operator wants them

  --settings <file.yaml>   default: ${DEFAULT_SETTINGS}, where there is one
  --check                  says whether the settings can be used, and ends
  --help

SIGTERM ends it; its chains run on, and the next one goes on with them. SIGHUP: reads certificates again.
\`twinpath\` asks it.
`;

try {
  process.exitCode = await main();
} catch (error) {
  const hint = error instanceof SettingsError ? `\nhint: ${error.hint}` : '';
  process.stderr.write(`twinpathd: ${error instanceof Error ? error.message : String(error)}${hint}\n`);
  process.exitCode = 1;
}
process.exit();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { settings: { type: 'string' }, check: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const file = values.settings ?? (existsSync(DEFAULT_SETTINGS) ? DEFAULT_SETTINGS : undefined);
  const found = readSettings(file);
  if (values.check) process.stdout.write(`${file ?? 'the defaults'}: can be used\n`);
  else await serve(found);
  return 0;
}
