import { Command } from 'commander';
import type { DownOptions } from '../down.ts';
import { withExamples } from '../output/examples.ts';

export function downCommand(): Command {
  const command = new Command('down')
    .description('Removes what Twinpath has attached or pinned on this host, also what a killed process has left.')
    .argument('[name]', 'one chain')
    .option('--all', 'every chain, and what has lost its record')
    .option('--json', 'one line of JSON')
    .action(async (name: string | undefined, options: DownOptions) => {
      const { down } = await import('../down.ts');
      await down(name, options);
    });
  withExamples(command, [
    ['twinpath down edge', 'one chain'],
    ['twinpath down --all', 'everything of Twinpath on this host'],
  ]);
  return command;
}
