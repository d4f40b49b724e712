// `edit`: a chain in one's own editor, applied when it is closed; what is refused is shown, and can be mended.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { CommandError } from '../output/command-error.ts';
import { type ApplyOptions, apply } from './apply.ts';
import { type ConnectionOptions, connect } from './connection.ts';
import { withSuggestion } from './live-names.ts';

export type EditOptions = ConnectionOptions & Pick<ApplyOptions, 'confirm' | 'message'>;

/** Returns the exit status. @throws as `apply`; what was written is kept in a file then */
export async function edit(chain: string, options: EditOptions): Promise<number> {
  using client = connect(options);
  const { data } = await withSuggestion(client, ['chain'], [chain], () =>
    client.call('getChain', { params: { chain } }),
  );
  const folder = mkdtempSync(join(tmpdir(), 'twinpath-edit-'));
  const file = join(folder, `${chain}.yaml`);
  const before = stringify(data, { lineWidth: 0 });
  writeFileSync(file, before, { mode: 0o600 });
  const editor = process.env.VISUAL ?? process.env.EDITOR ?? 'vi';
  const { status, error } = spawnSync(`${editor} "$0"`, [file], { shell: '/bin/sh', stdio: 'inherit' });
  if (error !== undefined || status !== 0) {
    rmSync(folder, { recursive: true });
    throw new CommandError(
      `${editor} failed: ${error?.message ?? `status ${status}`}`,
      'EDITOR names the editor; nothing was changed',
    );
  }
  if (readFileSync(file, 'utf8') === before) {
    rmSync(folder, { recursive: true });
    process.stdout.write('Nothing changes.\n');
    return 0;
  }
  try {
    const result = await apply({ ...options, file });
    rmSync(folder, { recursive: true });
    return result;
  } catch (cause) {
    process.stderr.write(`What you wrote is in ${file}: mend it, then twinpath apply -f ${file}\n`);
    throw cause;
  }
}
