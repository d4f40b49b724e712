import { Argument, type Command, Option } from 'commander';
import { withExamples } from '../output/examples.ts';
import type { CaptureOptions } from '../remote/capture.ts';
import type { TokenAction, TokenOptions } from '../remote/tokens.ts';
import { remoteCommand, seconds, wholeNumber } from './remote-command.ts';

export function tokensCommand(): Command {
  const what =
    "Who may ask the daemon by TCP: tokens, each with a scope. A token's secret is told when it is made, and never again.";
  const command = remoteCommand('tokens', what, 'as REST: { tokens }, or the token with its secret')
    .addArgument(new Argument('[action]').choices(['list', 'create', 'rotate', 'revoke']).default('list'))
    .argument('[name]', 'of the token')
    .addOption(new Option('--scope <scope>', 'what a new one may do').choices(['read', 'write', 'admin']))
    .option('--expires <time>', 'a new one ends by itself, for instance after 720h', seconds)
    .option('--grace <time>', 'for so long the secret before holds when a token is rotated', seconds)
    .action(async (action: TokenAction, name: string | undefined, options: TokenOptions) => {
      const { tokens } = await import('../remote/tokens.ts');
      await tokens(action, name, options);
    });
  withExamples(command, [
    ['twinpath tokens create prometheus --scope read', 'prints its secret'],
    ['twinpath tokens rotate prometheus --grace 10min', 'another secret, and time to bring it where it is used'],
    ['twinpath tokens revoke prometheus', 'at once'],
  ]);
  return command;
}

export function captureCommand(): Command {
  const what =
    'Packets of a port as they come, as a capture file, until Ctrl-C; those that XDP drops are not seen, as with tcpdump.';
  const command = remoteCommand('capture', what, 'what was written: { file, bytes }; only with -w')
    .argument('<chain>')
    .argument('<port>', 'of the chain')
    .option('-w, --write <file.pcap>', 'default: to standard output, for tshark or tcpdump')
    .option('--packets <n>', 'ends after so many', wholeNumber)
    .option('--seconds <n>', 'ends by itself', wholeNumber)
    .option('--snap <bytes>', 'of each packet', wholeNumber)
    .action(async (chain: string, port: string, options: CaptureOptions) => {
      const { capture } = await import('../remote/capture.ts');
      await capture(chain, port, options);
    });
  withExamples(command, [
    ['twinpath capture edge eth0 | tshark -r -', 'as they come'],
    ['twinpath capture edge eth0 -w edge.pcap --seconds 10', 'to a file'],
  ]);
  return command;
}
