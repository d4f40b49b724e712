import { Command, Option } from 'commander';
import { withExamples } from '../output/examples.ts';
import type { SimulateOptions } from '../simulate/simulate.ts';

export function simulateCommand(): Command {
  const command = new Command('simulate')
    .description(
      'Sends the packets of a capture through the fast path, without any network: verdict and changed bytes of each.',
    )
    .argument('<file>', 'a *.vnf.ts file, a chain in YAML, or the name of a function of the library')
    .requiredOption('--pcap <file>', 'packets that enter: pcap or pcapng, of Ethernet')
    .option('--out <file>', 'writes what was not dropped nor handed up, as pcap; as pcapng if its name says so')
    .option('--config <file.yaml>', 'configuration of the function')
    .addOption(
      new Option(
        '--on <where>',
        'what runs the program: BPF_PROG_TEST_RUN, the user-space engine, or the evaluator of the IR',
      )
        .choices(['kernel', 'engine', 'evaluator'])
        .default(undefined, 'kernel where privileged, else the evaluator'),
    )
    .option('--json', 'one line of JSON for each packet')
    .action(async (file: string, options: SimulateOptions) => {
      const { simulate } = await import('../simulate/simulate.ts');
      await simulate(file, options);
    });
  withExamples(command, [
    ['twinpath simulate my-function.vnf.ts --pcap traffic.pcap', 'a line for each packet'],
    ['twinpath simulate firewall --config rules.yaml --pcap in.pcapng --out passed.pcapng', 'what gets through?'],
  ]);
  return command;
}
