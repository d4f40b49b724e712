import { Command, Option } from 'commander';
import { withExamples } from '../output/examples.ts';
import type { SimulateOptions } from '../simulate/simulate.ts';

export function simulateCommand(): Command {
  const command = new Command('simulate')
    .description(
      'Sends the packets of captures through a chain, without any network: verdict and changed bytes of each. In the engine slow paths answer, too.',
    )
    .argument('<file>', 'a *.vnf.ts file, a chain in YAML, or the name of a function of the library')
    .requiredOption(
      '--pcap <[port=]file>',
      'packets that enter, by the first port or the one that is named: pcap or pcapng, of Ethernet; may be given again for other ports',
      listed,
    )
    .option(
      '--out <[port=]file>',
      'writes what came out, of the named port or of all, as pcap; as pcapng if its name says so; may be given again',
      listed,
    )
    .option('--config <file.yaml>', 'configuration of the function')
    .addOption(
      new Option(
        '--on <where>',
        'what runs it: fast paths by BPF_PROG_TEST_RUN, the whole chain in the user-space engine, or fast paths by the evaluator of the IR',
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
    [
      'twinpath simulate chain.yaml --on engine --pcap lan=a.pcap --pcap wan=b.pcap --out wan=c.pcap',
      'a chain with its slow paths, between two ports',
    ],
  ]);
  return command;
}

const listed = (file: string, before: readonly string[] = []): readonly string[] => [...before, file];
