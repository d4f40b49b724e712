import { execFileSync } from 'node:child_process';

/** Something that this machine, or its network, does not give: no fault of what is tested. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/** What a command says. @throws Unavailable when it cannot be run, or fails */
export function ask(command: string, options: readonly string[], folder?: string): string {
  try {
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    return execFileSync(command, options, { cwd: folder, encoding: 'utf8', stdio: [...stdio] });
  } catch (cause) {
    throw new Unavailable(`${command} failed: ${reasonOf(cause)}`, { cause });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const said = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim().split('\n') : [];
  return said.findLast((line) => line !== '') ?? error.message;
}
