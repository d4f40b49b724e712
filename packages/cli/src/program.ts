import { Command } from 'commander';
import { captureCommand, tokensCommand } from './commands/access.ts';
import { applyCommand, diffCommand, validateCommand } from './commands/apply.ts';
import { buildCommand } from './commands/build.ts';
import { confirmCommand, deleteCommand, editCommand, historyCommand, rollbackCommand } from './commands/changes.ts';
import { checkCommand } from './commands/check.ts';
import { completionCommand } from './commands/completion.ts';
import { costCommand } from './commands/cost.ts';
import { createCommand } from './commands/create.ts';
import { devCommand } from './commands/dev.ts';
import { downCommand } from './commands/down.ts';
import { explainCommand } from './commands/explain.ts';
import { importCommand } from './commands/import.ts';
import { functionsCommand, getCommand, logsCommand, statusCommand, uploadCommand } from './commands/inspect.ts';
import { runCommand } from './commands/run.ts';
import { simulateCommand } from './commands/simulate.ts';
import { withExamples } from './output/examples.ts';

export function createProgram(): Command {
  const program = new Command('twinpath')
    .description('Network functions at kernel speed, written in TypeScript.')
    .version('0.1.0')
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('(add --help for what there is)');
  withExamples(program, [
    ['twinpath check my-function.vnf.ts', 'compile it and let the kernel verify it'],
    ['twinpath run my-function.vnf.ts --interface eth1', 'put it on an interface until Ctrl-C'],
    ['twinpath run firewall --interface eth1 --config rules.yaml', 'a function of the library'],
    ['twinpath down --all', 'take away what Twinpath has put on this host'],
  ]);
  const groups = {
    'On this host, without a daemon:': [runCommand(), devCommand(), downCommand(), importCommand()],
    'For authors:': [
      ...[createCommand(), checkCommand(), buildCommand(), simulateCommand(), costCommand(), explainCommand()],
    ],
    'For your shell:': [completionCommand()],
    'With a daemon, here or elsewhere:': [
      ...[applyCommand(), diffCommand(), validateCommand(), getCommand(), editCommand(), deleteCommand()],
      ...[statusCommand(), historyCommand(), rollbackCommand(), confirmCommand(), logsCommand()],
      ...[functionsCommand(), uploadCommand(), captureCommand(), tokensCommand()],
    ],
  };
  for (const [heading, commands] of Object.entries(groups)) {
    for (const command of commands) program.addCommand(command.copyInheritedSettings(program).helpGroup(heading));
  }
  return program;
}
