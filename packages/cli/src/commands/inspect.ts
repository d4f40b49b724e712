import type { Command } from 'commander';
import { withExamples } from '../output/examples.ts';
import type { ConnectionOptions } from '../remote/connection.ts';
import type { GetOptions } from '../remote/get.ts';
import type { LogsOptions } from '../remote/logs.ts';
import type { StatusOptions } from '../remote/status.ts';
import { remoteCommand, seconds, wholeNumber } from './remote-command.ts';

export function getCommand(): Command {
  const command = remoteCommand('get', 'What is wanted and what there is, as YAML.', 'what it is')
    .argument(
      '[what]',
      'document, chain, config, statistics, table, function, revision, nodes, tokens, audit, metrics, openapi',
      'document',
    )
    .argument('[names...]', 'of the chain, the function in it, the table …')
    .option('--where <member=value>', 'of a table, only entries that match: key.port=53,value.state=open')
    .option('--limit <n>', 'of a table, so many entries', wholeNumber)
    .option('--offset <n>', 'of a table, behind so many entries', wholeNumber)
    .action(async (what: string, names: readonly string[], options: GetOptions) => {
      const { get } = await import('../remote/get.ts');
      await get(what, names, options);
    });
  withExamples(command, [
    ['twinpath get', 'all that is wanted; can be applied again'],
    ['twinpath get config edge firewall /rules/0', 'one rule'],
    ['twinpath get table edge firewall flows --limit 20', 'the first entries of a table'],
  ]);
  return command;
}

export function statusCommand(): Command {
  const command = remoteCommand('status', 'How this machine is; status 1 unless all is as it is wanted.', 'as REST')
    .option('--wait', 'until all is as it is wanted')
    .option('--timeout <time>', 'how long to wait', seconds, 60)
    .action(async (options: StatusOptions) => {
      const { status } = await import('../remote/status.ts');
      process.exitCode = await status(options);
    });
  withExamples(command, [['twinpath status --wait --timeout 30s', 'in a script, behind apply']]);
  return command;
}

export function logsCommand(): Command {
  const command = remoteCommand('logs', 'What happens, as it happens, until Ctrl-C.', 'an event')
    .argument('[chain]', 'of one chain')
    .option('--all', 'also what the daemon still knows of before')
    .option('--seconds <n>', 'ends by itself', wholeNumber)
    .action(async (chain: string | undefined, options: LogsOptions) => {
      const { logs } = await import('../remote/logs.ts');
      await logs(chain, options);
    });
  withExamples(command, [['twinpath logs edge --all', 'one chain, from the start']]);
  return command;
}

export function functionsCommand(): Command {
  const command = remoteCommand('functions', 'Functions that chains can use.', '{ functions }').action(
    async (options: ConnectionOptions) => {
      const { functions } = await import('../remote/functions.ts');
      await functions(options);
    },
  );
  withExamples(command, [['twinpath functions', 'those of the library, and those that were uploaded']]);
  return command;
}

export function uploadCommand(): Command {
  const what =
    "Brings a function of one's own to the daemon, with whose power it runs; chains that use it go on with the new version.";
  const command = remoteCommand('upload', what, '{ revision, functions, … }')
    .argument('<file>', 'a *.vnf.ts file, or an artefact *.vnf.json')
    .action(async (file: string, options: ConnectionOptions) => {
      const { upload } = await import('../remote/functions.ts');
      await upload(file, options);
    });
  withExamples(command, [['twinpath upload closer.vnf.ts', 'chains can say `use: closer` then']]);
  return command;
}
