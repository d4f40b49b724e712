import type { Command } from 'commander';
import { withExamples } from '../output/examples.ts';
import type { ApplyOptions } from '../remote/apply.ts';
import { remoteCommand, seconds } from './remote-command.ts';

const FILE = ['-f, --file <file.yaml>', 'a chain, or several under `chains`; -: standard input'] as const;
const CHANGE = '{ revision, dryRun, chains: [{ chain, action, differences }], functions, ports?, milliseconds }';

export function applyCommand(): Command {
  const command = remoteCommand('apply', 'Brings what a file wants to the daemon: all of it, or nothing.', CHANGE)
    .requiredOption(...FILE)
    .option('--confirm <time>', 'goes back by itself after so long, unless `twinpath confirm` comes before', seconds)
    .option('--message <text>', 'for the history')
    .option('--dry-run', 'only shows what `diff` shows')
    .option('--prune', 'removes the chains that the file has not')
    .action(async (options: ApplyOptions) => {
      const { apply, showDifferences } = await import('../remote/apply.ts');
      if (options.dryRun === true) await showDifferences(options);
      else process.exitCode = await apply(options);
    });
  withExamples(command, [
    ['twinpath apply -f edge.yaml', 'shows what changes, and changes it'],
    ['twinpath apply -f edge.yaml --confirm 60s', 'for a change that may cut your own connection'],
  ]);
  return command;
}

export function diffCommand(): Command {
  const command = remoteCommand(
    'diff',
    'Shows what `apply` would change and what the host says to it, and changes nothing.',
    CHANGE,
  )
    .requiredOption(...FILE)
    .option('--prune', 'as with apply')
    .action(async (options: ApplyOptions) => {
      const { showDifferences } = await import('../remote/apply.ts');
      await showDifferences(options);
    });
  withExamples(command, [['twinpath diff -f edge.yaml', 'what is different from what runs?']]);
  return command;
}

export function validateCommand(): Command {
  const what = '{ ok, chains, milliseconds }';
  const command = remoteCommand('validate', 'Says whether a file can be applied, and if not, at which line.', what)
    .requiredOption(...FILE)
    .action(async (options: ApplyOptions) => {
      const { validate } = await import('../remote/apply.ts');
      await validate(options);
    });
  withExamples(command, [['twinpath validate -f edge.yaml', 'functions, configurations, interfaces of the daemon']]);
  return command;
}
