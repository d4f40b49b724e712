// Compiles what documentation shows, as an author would.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CompileError,
  compileFunction,
  type Diagnostic,
  type ImportedVnf,
  importVnf,
  type ProgramChoice,
} from '@twinpath/compiler';

export const ENTRY = 'example.vnf.ts';

export interface CompileOptions {
  /** Where the kernel keeps the state of a socket buffer's checksum is known. Default: yes. */
  readonly knowsChecksums?: boolean;
  /** Default: those that a chain loads. */
  readonly programs?: readonly ProgramChoice[];
}

/** What the compiler says of a function that consists of these files. */
export async function diagnosticsOf(
  files: Readonly<Record<string, string>>,
  { knowsChecksums = true, programs }: CompileOptions = {},
): Promise<readonly Diagnostic[]> {
  const folder = mkdtempSync(join(tmpdir(), 'twinpath-docs-'));
  // Not into the cache of whoever runs this.
  process.env.XDG_CACHE_HOME = folder;
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const imported = await importVnf(join(folder, ENTRY));
    const target = {
      clock: 'kernel',
      cpus: 1,
      ports: portsOf(imported),
      classifiers: new Map(),
      seed: 0,
      key: 1,
      ...(knowsChecksums && { checksumState: { byte: 0, shift: 0 } }),
    } as const;
    const config: unknown = imported.spec.config?.parse({}) ?? {};
    return compileFunction(imported, { config, target, ...(programs && { programs }) }).warnings;
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    return error.diagnostics.map((diagnostic) => ({
      ...diagnostic,
      message: diagnostic.message.replaceAll(`${folder}/`, ''),
      frame: diagnostic.frame,
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function portsOf({ spec: { ports } }: ImportedVnf) {
  const names = ports.kind === 'named' ? ports.names : ports.kind === 'portGroup' ? ['lan0', 'lan1'] : ['eth0'];
  return names.map((name, index) => ({ name, ifindex: index + 1 }));
}
