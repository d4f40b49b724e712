import { Command } from 'commander';
import type { CostOptions } from '../cost/cost.ts';
import { withExamples } from '../output/examples.ts';

export function costCommand(): Command {
  const command = new Command('cost')
    .description(
      'What each line of a function costs: instructions, stack, and where privileged the steps of the verifier.',
    )
    .argument('<file>', 'a *.vnf.ts file, or the name of a function of the library')
    .option('--config <file.yaml>', 'configuration of the function; default: none, its defaults')
    .option('--json', 'one line of JSON: { programs: [{ hook, instructions, stackBytes, verifierSteps, lines }] }')
    .action(async (file: string, options: CostOptions) => {
      const { cost } = await import('../cost/cost.ts');
      await cost(file, options);
    });
  withExamples(command, [
    ['twinpath cost my-function.vnf.ts', 'which lines are dear?'],
    ['twinpath cost firewall --config rules.yaml --json', 'with its configuration, for a program'],
  ]);
  return command;
}
