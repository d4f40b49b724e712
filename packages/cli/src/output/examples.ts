import type { Command } from 'commander';

const EXIT_STATUS = `
Exit status:
  0  done
  1  failed: standard error says what and why
  2  the command line is wrong
`;

/** Help begins with what most people came for, and ends with the exit status. */
export function withExamples(command: Command, examples: readonly (readonly [line: string, does: string])[]): void {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, does]) => `  ${line.padEnd(width)}   ${does}`);
  command.addHelpText('before', `Examples:\n${lines.join('\n')}\n`).addHelpText('after', EXIT_STATUS);
}
