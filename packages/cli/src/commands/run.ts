import { Command, InvalidArgumentError, Option } from 'commander';
import { withExamples } from '../output/examples.ts';
import type { RunOptions } from '../run/run.ts';
import { placeOptions } from './place-options.ts';

export function runCommand(): Command {
  const command = new Command('run')
    .description('Puts a function or a chain on an interface, shows what it does, and takes it away at the end.')
    .argument('<target>', 'a *.vnf.ts file, a chain in YAML, or the name of a function of the library')
    .addOption(
      new Option(
        '--on <where>',
        'what runs the fast paths: the kernel, or the engine of this process (AF_XDP, packet sockets or TAP, whatever is allowed)',
      )
        .choices(['kernel', 'engine'])
        .default('kernel'),
    )
    .option('--workers <n>', 'threads of the engine; default: as many as all ports have queues', wholeNumber)
    .option('--busy', 'never let the engine sleep: for latency, at the price of a core for each worker')
    .option('--seconds <n>', 'end by itself; default: at Ctrl-C', positiveNumber)
    .option('--json', 'one line of JSON at the end')
    .action(async (target: string, options: RunOptions) => {
      const { run } = await import('../run/run.ts');
      process.exitCode = await run(target, options);
    });
  for (const option of placeOptions()) command.addOption(option);
  withExamples(command, [
    ['twinpath run count.vnf.ts --interface eth1', 'a function of your own, until Ctrl-C'],
    ['twinpath run firewall --interface eth1 --config rules.yaml', 'a function of the library'],
    ['twinpath run edge.yaml --seconds 60', 'a chain in YAML, for a minute'],
    ['twinpath run edge.yaml --interface veth0 --namespace blue', 'the same elsewhere'],
    ['twinpath run edge.yaml --on engine', 'in user space'],
  ]);
  return command;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value <= 0) throw new InvalidArgumentError('Give a whole number above 0.');
  return value;
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('Give a number of seconds above 0.');
  return value;
}
