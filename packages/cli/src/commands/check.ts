import { Command } from 'commander';
import type { CheckOptions } from '../check/check.ts';
import { withExamples } from '../output/examples.ts';

export function checkCommand(): Command {
  const command = new Command('check')
    .description('Compiles all programs of a function, lets the kernel verify them where privileged, and unloads them.')
    .argument('<file>', 'a *.vnf.ts file, a chain in YAML, or the name of a function of the library')
    .option('--config <file.yaml>', 'configuration of the function; default: none, its defaults')
    .option('--json', 'one line of JSON: { ok, diagnostics, programs }')
    .option('--watch', 'checks again after each change, until Ctrl-C')
    .action(async (file: string, options: CheckOptions) => {
      if (options.watch) await (await import('../check/watch.ts')).watchCheck(file, options);
      const { check } = await import('../check/check.ts');
      process.exitCode = await check(file, options);
    });
  withExamples(command, [
    ['twinpath check my-function.vnf.ts', 'is it a function, and does the kernel take it?'],
    ['twinpath check firewall --config rules.yaml --json', 'with its configuration, for a program'],
    ['twinpath check my-function.vnf.ts --watch', 'while you write it'],
  ]);
  return command;
}
