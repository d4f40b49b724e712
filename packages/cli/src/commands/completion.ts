import { Argument, Command } from 'commander';
import type { Shell } from '../completion/scripts.ts';
import { withExamples } from '../output/examples.ts';

interface Options {
  readonly json?: boolean;
}

export function completionCommand(): Command {
  const command = new Command('completion')
    .description('Has a shell complete commands, options, and the names that the daemon knows.')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .option('--json', 'one line of JSON: { shell, script }')
    .action(async (shell: Shell, { json = false }: Options) => {
      const { SCRIPTS } = await import('../completion/scripts.ts');
      const { printJson } = await import('../output/json.ts');
      if (json) printJson({ shell, script: SCRIPTS[shell] });
      else process.stdout.write(SCRIPTS[shell]);
    });
  withExamples(command, [
    ['twinpath completion bash > /etc/bash_completion.d/twinpath', 'for everybody on this machine'],
    ['source <(twinpath completion zsh)', 'for this shell'],
  ]);
  return command;
}
