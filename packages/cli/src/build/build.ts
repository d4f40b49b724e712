import { writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { compileFunction, diagnosticText, importVnf, writeArtefact } from '@twinpath/compiler';
import type { ProgramSpec } from '@twinpath/ebpf';
import { writeObject } from '@twinpath/ebpf/elf';
import { readSingle } from '../chain-file/read-single.ts';
import { TARGET } from '../check/check-function.ts';
import { UsageError } from '../output/command-error.ts';
import { printJson } from '../output/json.ts';
import { tableText } from '../output/table.ts';

export interface BuildOptions {
  readonly output: string;
  readonly config?: string;
  readonly json?: boolean;
}

/** @throws CompileError, ElfError, and what is wrong with the command line or the files */
export async function build(path: string, { output, config, json = false }: BuildOptions): Promise<void> {
  if (output.endsWith('.o')) return buildObject(path, { output, json, ...(config !== undefined && { config }) });
  if (!output.endsWith('.json')) {
    throw new UsageError(`it is not known what ${output} should be`, 'its name ends in .o or .json');
  }
  if (config !== undefined) {
    throw new UsageError('--config is for object files', 'an artefact takes its configuration where it runs');
  }
  const single = readSingle(path, undefined);
  const file = resolve(output);
  const artefact = writeArtefact(await importVnf(single.use), { folder: dirname(file) });
  const bytes = write(file, `${JSON.stringify(artefact)}\n`);
  if (json) printJson({ file, bytes, hash: artefact.hash });
  else process.stdout.write(`${file}: ${bytes} bytes, hash ${artefact.hash}\n`);
}

async function buildObject(
  path: string,
  { output, config, json }: Omit<BuildOptions, 'json'> & { readonly json: boolean },
) {
  const single = readSingle(path, config);
  const imported = await importVnf(single.use);
  const compiled = compileFunction(imported, { config: await single.configFor(imported.spec), target: TARGET });
  for (const warning of compiled.warnings) process.stderr.write(`${diagnosticText(warning)}\n\n`);
  const programs = compiled.programs.map(({ compiled: { spec } }) => named(spec));
  const file = resolve(output);
  const bytes = write(file, writeObject({ programs, maps: compiled.maps }));
  const listed = programs.map(({ name, type, code }) => ({ name, type, instructions: code.length / 8 }));
  const maps = compiled.maps.map(({ name, type, maxEntries }) => ({ name, type, maxEntries }));
  if (json) printJson({ file, bytes, programs: listed, maps });
  else process.stdout.write(`${textOf(listed, maps)}\n\n${file}: ${bytes} bytes\n`);
}

const named = (spec: ProgramSpec): ProgramSpec => ({ ...spec, name: spec.name.replace(/\W/g, '_') });

function write(file: string, content: string | Uint8Array): number {
  writeFileSync(file, content);
  return Buffer.byteLength(content);
}

type Row<K extends string> = Readonly<Record<K, string | number>>;
function textOf(
  programs: readonly Row<'name' | 'type' | 'instructions'>[],
  maps: readonly Row<'name' | 'type' | 'maxEntries'>[],
): string {
  return [
    tableText(
      ['program', 'type', 'instructions'],
      programs.map(({ name, type, instructions }) => [name, type, instructions]),
    ),
    tableText(
      ['map', 'type', 'entries'],
      maps.map(({ name, type, maxEntries }) => [name, type, maxEntries]),
    ),
  ].join('\n\n');
}
