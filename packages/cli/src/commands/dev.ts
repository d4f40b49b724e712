import { Command } from 'commander';
import { withExamples } from '../output/examples.ts';
import type { RunOptions } from '../run/run.ts';
import { placeOptions } from './place-options.ts';

export function devCommand(): Command {
  const command = new Command('dev')
    .description(
      'Runs what you are writing: after each change it is checked, and takes the place of what runs; tables stay.',
    )
    .argument('<target>', 'a *.vnf.ts file, or a chain in YAML');
  for (const option of placeOptions()) command.addOption(option);
  command.option('--json', 'a line of JSON for each version: { outcome, checkMilliseconds, startMilliseconds }');
  command.action(async (target: string, options: RunOptions) => {
    const { dev } = await import('../dev/dev.ts');
    process.exitCode = await dev(target, options);
  });
  withExamples(command, [
    ['twinpath dev count.vnf.ts --interface eth1', 'swapped at each change, until Ctrl-C'],
    ['twinpath dev edge.yaml', 'a chain, its functions and its configuration'],
  ]);
  return command;
}
