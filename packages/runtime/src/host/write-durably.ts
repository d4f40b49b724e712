import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A file for this user alone, whole or not at all, and on the disk when this resolves. */
export async function writeDurably(file: string, parts: readonly Uint8Array[]): Promise<void> {
  const draft = `${file}.new`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await rm(draft, { force: true });
  {
    await using to = await open(draft, 'wx', 0o600);
    for (const part of parts) await to.writeFile(part);
    await to.sync();
  }
  await rename(draft, file);
}
