import { Command } from 'commander';
import { withExamples } from '../output/examples.ts';

interface Options {
  readonly json?: boolean;
}

export function explainCommand(): Command {
  const command = new Command('explain')
    .description('Says what a message of the compiler means and what to do about it.')
    .argument('<number>', 'as the message has it, such as TP2003')
    .option('--json', 'one line of JSON')
    .action(async (number: string, { json = false }: Options) => {
      const { explain } = await import('../explain.ts');
      explain(number, json);
    });
  withExamples(command, [['twinpath explain TP2003', 'division by what may be 0']]);
  return command;
}
