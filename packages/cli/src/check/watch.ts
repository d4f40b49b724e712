// `check --watch`
import { basename } from 'node:path';
import { change, filesOf, times } from './changes.ts';
import type { CheckOptions } from './check.ts';
import { checkApart } from './check-apart.ts';

/** Checks now and after each change of a file that belongs to it, until the process is ended. */
export async function watchCheck(path: string, options: CheckOptions): Promise<never> {
  for (;;) {
    const files = await filesOf(path, options);
    const before = times(files);
    await checkApart(path, options, 'inherit');
    process.stderr.write(`\nWaiting for a change of ${files.map((file) => basename(file)).join(', ')}. Ctrl-C ends.\n`);
    await change(files, before);
  }
}
