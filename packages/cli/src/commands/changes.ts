import type { Command } from 'commander';
import { withExamples } from '../output/examples.ts';
import type { HistoryOptions, RollbackOptions } from '../remote/changes.ts';
import type { ConnectionOptions } from '../remote/connection.ts';
import type { EditOptions } from '../remote/edit.ts';
import { remoteCommand, seconds, wholeNumber } from './remote-command.ts';

const CONFIRM = [
  '--confirm <time>',
  'goes back by itself after so long, unless `twinpath confirm` comes before',
] as const;

export function historyCommand(): Command {
  const command = remoteCommand('history', 'What was changed, when and by whom; the last first.', '{ revisions }')
    .option('--limit <n>', 'so many', wholeNumber, 20)
    .action(async (options: HistoryOptions) => {
      const { history } = await import('../remote/changes.ts');
      await history(options);
    });
  withExamples(command, [['twinpath history', 'the last 20 changes']]);
  return command;
}

export function rollbackCommand(): Command {
  const command = remoteCommand('rollback', 'Wants again what was wanted then.', '{ revision, chains, … }')
    .argument('<revision>', 'of the history')
    .option(...CONFIRM, seconds)
    .option('--dry-run', 'only shows what would change')
    .action(async (revision: string, options: RollbackOptions) => {
      const { rollback } = await import('../remote/changes.ts');
      await rollback(revision, options);
    });
  withExamples(command, [['twinpath rollback 12', 'a new change, which can be rolled back itself']]);
  return command;
}

export function confirmCommand(): Command {
  const command = remoteCommand('confirm', 'Keeps a change that was made with --confirm.', '{ revision }')
    .argument('[revision]', 'default: the one that waits')
    .action(async (revision: string | undefined, options: ConnectionOptions) => {
      const { confirm } = await import('../remote/changes.ts');
      await confirm(revision, options);
    });
  withExamples(command, [['twinpath confirm', 'I can still reach it']]);
  return command;
}

export function deleteCommand(): Command {
  const command = remoteCommand('delete', 'Takes a chain off the machines that have it.', '{ revision, chains, … }')
    .argument('<chain>')
    .action(async (chain: string, options: ConnectionOptions) => {
      const { deleteChain } = await import('../remote/changes.ts');
      await deleteChain(chain, options);
    });
  withExamples(command, [['twinpath delete edge', '`twinpath rollback` brings it back']]);
  return command;
}

export function editCommand(): Command {
  const command = remoteCommand('edit', 'Opens a chain in EDITOR, and applies what you make of it.', 'as apply')
    .argument('<chain>')
    .option(...CONFIRM, seconds)
    .option('--message <text>', 'for the history')
    .action(async (chain: string, options: EditOptions) => {
      const { edit } = await import('../remote/edit.ts');
      process.exitCode = await edit(chain, options);
    });
  withExamples(command, [['twinpath edit edge', 'what is refused is kept in a file']]);
  return command;
}
