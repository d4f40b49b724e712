import { CommanderError } from 'commander';
import { ExitStatus } from './exit-status.ts';
import { reportFailure } from './output/failure.ts';
import { createProgram } from './program.ts';

try {
  const [asked, ...words] = process.argv.slice(2);
  // Shells ask it at a key; nobody else does.
  if (asked === '__complete') await (await import('./completion/complete.ts')).complete(createProgram(), words);
  else await createProgram().parseAsync();
} catch (error) {
  // What commander throws it has explained already; help that was asked for has status 0.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? ExitStatus.ok : ExitStatus.usage;
  else process.exitCode = reportFailure(error, { json: process.argv.includes('--json') });
}
// Timers and sockets of an author's module would keep the process for ever.
for (const stream of [process.stdout, process.stderr]) await new Promise((flushed) => stream.write('', flushed));
process.exit();
