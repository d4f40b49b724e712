import { Command, Option } from 'commander';
import type { CreateOptions } from '../create/create.ts';
import { withExamples } from '../output/examples.ts';

export function createCommand(): Command {
  const command = new Command('create')
    .description('Makes a folder with a new function, packets that test it, and what npm wants to know.')
    .argument('<name>', 'of the function and of its folder, such as rate-limiter')
    .addOption(
      new Option('--template <template>', 'all in the kernel, in both paths, or between ports of its own')
        .choices(['hybrid', 'in-kernel', 'ports'])
        .default('hybrid'),
    )
    .option('--json', 'one line of JSON: { folder, files }')
    .action(async (name: string, options: CreateOptions) => {
      const { create } = await import('../create/create.ts');
      create(name, options);
    });
  withExamples(command, [
    ['twinpath create my-function', 'a fast path and a slow path'],
    ['twinpath create closer --template in-kernel', 'a fast path alone'],
  ]);
  return command;
}
