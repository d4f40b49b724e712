import { Command, InvalidArgumentError } from 'commander';
import type { ImportFormat, ImportOptions } from '../import/import-rules.ts';
import { withExamples } from '../output/examples.ts';

export function importCommand(): Command {
  const command = new Command('import')
    .description(
      'Prints the configuration of the firewall that rules of iptables or nftables are; what there is no rule for is listed, and the exit status 1.',
    )
    .argument('<format>', 'iptables (iptables-save, ip6tables-save) or nft (nft -j list ruleset)', formatOf)
    .argument('<files...>', 'what these commands have written; of iptables one for each family')
    .option('--json', 'one line of JSON: { config, left: [{ line, text, why }], notes: [the same] }')
    .action(async (format: ImportFormat, files: string[], options: ImportOptions) => {
      const { importRules } = await import('../import/import-rules.ts');
      process.exitCode = importRules(format, files, options);
    });
  withExamples(command, [
    ['twinpath import iptables rules.v4 rules.v6 > rules.yaml', 'what iptables-save and ip6tables-save have written'],
    ['twinpath import nft ruleset.json > rules.yaml', 'what nft -j list ruleset has written'],
  ]);
  return command;
}

function formatOf(text: string): ImportFormat {
  if (text === 'iptables' || text === 'nft') return text;
  throw new InvalidArgumentError('Give iptables or nft.');
}
